"""How the gate reaches its topics: as Kafka is reached, for reading and for writing."""

import pytest

from flink_jobs.event_gate_config import EventGateConfig
from flink_jobs.gate_topics import sink_options, source_options
from schemas.event_types import OUTCOMES


def test_the_source_and_the_sink_log_in_as_kafka_is_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = {
        "": "kafka.shop:9093",
        "_SECURITY": "sasl_ssl",
        "_USER": "tidemark",
        "_PASSWORD_FILE": "/run/secrets/kafka-password",
        "_CA": "/run/secrets/ca.pem",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"TIDEMARK_KAFKA{name}", value)
    config = EventGateConfig()
    access = config.run.kafka.connector_options()
    assert {"properties.security.protocol", "properties.sasl.jaas.config"} <= access.keys()
    for options in (source_options(config, "g"), sink_options(config)):
        assert access.items() <= options.items()


def test_every_topic_has_the_prefix_and_bytes_are_left_as_they_are() -> None:
    config = EventGateConfig(topic_prefix="test.")
    source, sink = source_options(config, "g"), sink_options(config)
    assert source["topic"] == "test.events.raw;test.events.resent"
    assert sink["topic"].split(";") == [f"test.{name}" for name in OUTCOMES]
    assert {source["format"], sink["key.format"], sink["value.format"]} == {"raw"}
    assert not [name for name in source if "avro" in name]


def test_the_job_waits_for_a_broker_that_is_away() -> None:
    options = sink_options(EventGateConfig())
    assert int(options["properties.delivery.timeout.ms"]) >= 24 * 3_600_000
    assert int(options["properties.max.block.ms"]) >= 24 * 3_600_000
