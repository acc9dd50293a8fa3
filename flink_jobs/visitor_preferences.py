"""Behaviours and erasures in; each visitor's decayed preferences and priors to smooth them with to Redis."""

from pyflink.datastream import DataStream
from pyflink.table import StreamTableEnvironment

from flink_jobs.config import VisitorPreferencesConfig
from flink_jobs.durations import milliseconds
from flink_jobs.environment import execute, name_operators, table_environment
from flink_jobs.preferences_sink import refresh_priors, write_preferences
from operators.preferences.decayed_preferences import decayed_preferences
from operators.preferences.weigh_behaviors import weigh_behaviors
from operators.with_erasures import with_erasures

NAME = "visitor_preferences"

OPERATORS = {
    r"KafkaSource-.*\.behaviors$": "behaviours from Kafka",
    r"KafkaSource-.*\.erasures$": "erasures from Kafka",
    r"Calc\[2\]": "weigh behaviours",
    r"Calc\[4\]": "erasures as rows",
    r"ProcessTableFunction": "decayed preferences by visitor",
    r"PythonCalc": "write to Redis",
    r"Calc": "bundles",
    r"TableToDataStream": "rows",
    r"_stream_key_by_map_operator": "one key",
}
"""What the planner calls the operators -> what they do, for the Flink UI."""

HEADS = ("write to Redis",)
"""What feeds it goes on while it waits for Python."""


def build(tables: StreamTableEnvironment, config: VisitorPreferencesConfig) -> DataStream:
    """Behaviours -> weighed -> decayed preferences by visitor -> Redis; each minute, priors -> Redis."""
    behaviors = config.source(group=f"tidemark.{NAME}").attach(tables, "behaviors")
    erasures = config.erasures(group=f"tidemark.{NAME}").attach(tables, "erasures")
    weighed = weigh_behaviors(tables, behaviors, config.weights, config.facets, config.price_bands)
    events = with_erasures(tables, weighed, erasures, config.facets)
    preferences = decayed_preferences(
        tables, events, config.facets, config.half_lives_ms, milliseconds(config.retained())
    )
    bundles = write_preferences(tables, preferences, config)
    refreshed = refresh_priors(bundles, config)

    return name_operators(refreshed, OPERATORS, heads=HEADS)


def main() -> None:
    """Submit the job: `flink run -pym flink_jobs.visitor_preferences …`."""
    config = VisitorPreferencesConfig()
    tables = table_environment(NAME, config.run, state_ttl=config.retained())
    execute(build(tables, config), NAME)


if __name__ == "__main__":
    main()
