"""Trackers' JSON in; clean Avro topics out, and beside them dead letters, suspects and what is withheld."""

from datetime import timedelta

from pyflink.table import StatementSet, StreamTableEnvironment

from flink_jobs.environment import execute_inserts, table_environment
from flink_jobs.event_gate_config import EventGateConfig
from flink_jobs.gate_topics import outcome_topics, raw_messages
from operators.gate.admit_events import admit_events
from operators.gate.decode_events import decode_events

NAME = "event_gate"
GROUP = f"tidemark.{NAME}"
"""Of the source: `tidemark gate-report` asks what it has read."""

OPERATORS = {
    r"KafkaSource": "messages from Kafka",
    r"Calc\[2\]": "not too large",
    r"Calc\[4\]": "decoded",
    r"Calc\[5\]": "too large",
    r"Calc\[9\]": "topics and headers",
    r"PythonCalc": "decode, check, encode",
    r"ConstraintEnforcer": "checked",
    r"ProcessTableFunction": "repeats and suspects by visitor",
    r"outcomes": "outcomes to Kafka",
}
"""What the planner calls the operators -> what they do, for the Flink UI."""

HEADS = ("decode, check, encode",)
"""What feeds it goes on while it waits for Python."""


def build(tables: StreamTableEnvironment, config: EventGateConfig) -> StatementSet:
    """Raw messages -> decoded and checked -> repeats and suspects found -> each outcome to its topic."""
    messages = raw_messages(tables, config, GROUP)
    decoded = decode_events(tables, messages, config.resent_topic, config.limits)
    admitted = admit_events(tables, decoded, config.per_minute, config.topic_prefix)

    return outcome_topics(tables, config).add_insert("outcomes", admitted)


def main() -> None:
    """Submit the job: `flink run -pym flink_jobs.event_gate …`."""
    config = EventGateConfig()
    bundles = {
        "python.fn-execution.bundle.size": str(config.bundle_rows),
        "python.fn-execution.arrow.batch.size": str(config.bundle_rows),
    }
    tables = table_environment(NAME, config.run, state_ttl=timedelta(days=1), more=bundles)
    execute_inserts(tables, build(tables, config), NAME, OPERATORS, heads=HEADS)


if __name__ == "__main__":
    main()
