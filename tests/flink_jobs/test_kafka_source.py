"""Where a topic is read from and to, as options of Flink's connector."""

import pytest
from pydantic import ValidationError

from flink_jobs.kafka_source import KafkaSource


def options(**settings: object) -> dict[str, str]:
    return KafkaSource.model_validate(
        {"topic": "behaviors", "schema_name": "behavior", "group": "g", **settings}
    ).options()


@pytest.mark.parametrize(
    ("start", "mode"),
    [("earliest", "earliest-offset"), ("latest", "latest-offset"), ("committed", "group-offsets")],
)
def test_a_named_start_is_flinks_start_mode(start: str, mode: str) -> None:
    assert options(start=start)["scan.startup.mode"] == mode


@pytest.mark.parametrize("time", ["2017-01-01", "2017-01-01T00:00:00+00:00", "2017-01-01T01:00:00+01:00"])
def test_a_time_is_utc_unless_it_says_otherwise(time: str) -> None:
    found = options(start=time)
    assert found["scan.startup.mode"] == "timestamp"
    assert found["scan.startup.timestamp-millis"] == "1483228800000"


def test_a_group_without_offsets_starts_at_the_earliest() -> None:
    assert options(start="committed")["properties.auto.offset.reset"] == "earliest"


def test_a_start_that_is_neither_is_refused() -> None:
    with pytest.raises(ValidationError, match="'tomorrow' is none of earliest, latest, committed"):
        options(start="tomorrow")


def test_only_a_run_until_now_is_bounded() -> None:
    assert "scan.bounded.mode" not in options()
    assert options(until_now=True)["scan.bounded.mode"] == "latest-offset"


def test_messages_are_raw_avro_unless_a_registry_is_named() -> None:
    assert options()["format"] == "avro"
    found = options(registry="http://registry:8081")
    assert (found["format"], found["avro-confluent.url"]) == ("avro-confluent", "http://registry:8081")


@pytest.mark.parametrize("name", ["topic", "group", "registry"])
def test_a_quote_cannot_end_an_option_early(name: str) -> None:
    with pytest.raises(ValidationError, match="must not contain a quote"):
        options(**{name: "a' = 'b"})
