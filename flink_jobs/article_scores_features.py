"""What `article_keywords` says of articles, as a table of the job `article_scores`."""

from collections.abc import Mapping

from pyflink.table import StreamTableEnvironment, Table

from flink_jobs.kafka_sink import listed
from flink_jobs.kafka_source import APPENDED


def described_articles(tables: StreamTableEnvironment, options: Mapping[str, str]) -> Table:
    """Register the topic of features as table `described`: `appended_ms`, and `body`, Avro as it came."""
    tables.execute_sql(f"CREATE TABLE described (body BYTES, {APPENDED}) WITH ({listed(options)})")
    return tables.from_path("described")
