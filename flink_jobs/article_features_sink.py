"""Where descriptions of articles go: to Redis, and after it has answered to the topic of features."""

from pyflink.datastream import DataStream
from pyflink.table import DataTypes, StatementSet, StreamTableEnvironment
from pyflink.table.udf import udf

from flink_jobs.article_keywords_config import ArticleKeywordsConfig
from flink_jobs.durations import milliseconds
from flink_jobs.kafka_sink import listed, sink_options
from sink_connectors.write_article_features import WriteArticleFeatures


def write_article_features(
    tables: StreamTableEnvironment, described: DataStream, config: ArticleKeywordsConfig
) -> StatementSet:
    """Write each bundle as one pipeline, then its messages, keyed by article; those of one keep their order.

    Returns
    -------
    A set of statements with the INSERT.
    """
    write = WriteArticleFeatures(
        config.run.redis_address,
        config.run.namespace,
        config.generation,
        ttl_s=milliseconds(config.retention) // 1000,
    )
    tables.create_temporary_function(
        "write_article_features", udf(write, result_type=DataTypes.BOOLEAN(), func_type="pandas")
    )
    options = listed(sink_options(config.run.kafka, config.features_topic))
    tables.execute_sql(f"CREATE TABLE article_features (key BYTES, body BYTES) WITH ({options})")
    described_rows = tables.from_data_stream(described)
    written = tables.sql_query(
        f"""SELECT CAST(article_id AS BYTES) AS key, body FROM {described_rows}
        WHERE write_article_features(body)"""
    )
    return tables.create_statement_set().add_insert("article_features", written)
