"""A Kafka topic of Avro events as a table: where it starts, where it ends, how its bytes are read."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from pydantic import BaseModel, field_validator, model_validator

from flink_jobs.durations import milliseconds
from flink_jobs.kafka_access import KafkaAccess
from schemas.avro import Schema, load
from schemas.flink_types import columns

if TYPE_CHECKING:  # the import takes seconds, and checking a configuration does not need it
    from pyflink.table import StreamTableEnvironment, Table

APPENDED = """appended TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
    appended_ms AS 1000 * EXTRACT(EPOCH FROM appended) + EXTRACT(MILLISECOND FROM appended)"""
"""When the broker took the event (or its producer sent it, as the topic is configured)."""

STARTS = {"earliest": "earliest-offset", "latest": "latest-offset", "committed": "group-offsets"}


class KafkaSource(BaseModel):
    """One topic of one schema.

    topic, schema_name : what to read, and the `.avsc` of `schemas/` that describes it.
    kafka : how to reach it.
    group : consumer group, for committed offsets and for watching the lag; a resumed job goes by its state.
    start : `earliest`, `latest`, `committed`, or an ISO time. A job resumed from a savepoint ignores it.
    until_now : end by itself at the offsets that were the last when the job started.
    registry : address of a schema registry; empty reads raw Avro without schema ids.
    happened : SQL of the event time, epoch ms: the table gets a column `happened` with a watermark, which is
        `out_of_order` behind; a partition that is `idle` for so long holds it back no more. Empty: none.
    """

    topic: str
    schema_name: str
    kafka: KafkaAccess = KafkaAccess()
    group: str
    start: str = "earliest"
    until_now: bool = False
    registry: str = ""
    happened: str = ""
    out_of_order: timedelta = timedelta()
    idle: timedelta = timedelta(seconds=5)

    @field_validator("start")
    @classmethod
    def _known_start(cls, start: str) -> str:
        if start not in STARTS:
            try:
                datetime.fromisoformat(start)
            except ValueError:
                raise ValueError(f"{start!r} is none of {', '.join(STARTS)} nor an ISO time") from None
        return start

    @model_validator(mode="after")
    def _ids_are_safe_in_sql(self) -> Self:
        for name in ("topic", "group", "registry"):
            if "'" in getattr(self, name):
                raise ValueError(f"{name} must not contain a quote")
        return self

    def attach(self, tables: "StreamTableEnvironment", name: str) -> "Table":
        """Register the topic as table `name` and return it: the schema's columns in order, `appended_ms`, and
        `happened` where there is one."""
        options = ",\n".join(f"'{key}' = '{value}'" for key, value in self.options().items())
        events = columns(self.schema_of_events())
        tables.execute_sql(f"CREATE TABLE {name} ({events}, {APPENDED}{self._watermark()}) WITH ({options})")
        return tables.from_path(name)

    def schema_of_events(self) -> Schema:
        return load(self.schema_name)

    def options(self) -> dict[str, str]:
        """The connector's options; partitions are discovered at start, not while running.

        Periodic discovery fails the job when the brokers are away for its time-out (60 s); without it the job
        waits for them however long. Partitions added later are found at the next start or resume.
        """
        options = {
            "connector": "kafka",
            "topic": self.topic,
            **self.kafka.connector_options(),
            "properties.group.id": self.group,
            "properties.auto.offset.reset": "earliest",
            "scan.topic-partition-discovery.interval": "0",
            **self._start_options(),
            **self._format_options(),
        }
        if self.until_now:
            options["scan.bounded.mode"] = "latest-offset"
        if self.happened:
            options["scan.watermark.idle-timeout"] = f"{milliseconds(self.idle)} ms"
        return options

    def _watermark(self) -> str:
        if not self.happened:
            return ""
        behind = f"INTERVAL '{milliseconds(self.out_of_order) / 1000:.3f}' SECOND(3, 3)"
        return f""",
            happened AS TO_TIMESTAMP_LTZ({self.happened}, 3),
            WATERMARK FOR happened AS happened - {behind}"""

    def _start_options(self) -> dict[str, str]:
        if self.start in STARTS:
            return {"scan.startup.mode": STARTS[self.start]}
        time = datetime.fromisoformat(self.start)
        moment = time if time.tzinfo else time.replace(tzinfo=UTC)
        return {
            "scan.startup.mode": "timestamp",
            "scan.startup.timestamp-millis": str(int(moment.timestamp() * 1000)),
        }

    def _format_options(self) -> dict[str, str]:
        if self.registry:
            return {"format": "avro-confluent", "avro-confluent.url": self.registry}
        return {"format": "avro"}
