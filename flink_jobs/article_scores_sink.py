"""Where scores of articles go: to Redis, with what visitors clicked last."""

from pyflink.datastream import DataStream
from pyflink.table import StatementSet, StreamTableEnvironment, Table

from flink_jobs.article_scores_config import ArticleScoresConfig
from flink_jobs.visitor_sink import register_visitor_sink
from sink_connectors.write_article_scores import WriteArticleScores


def write_article_scores(
    tables: StreamTableEnvironment, news: DataStream, lists: Table, config: ArticleScoresConfig
) -> StatementSet:
    """Write each bundle of rows as one pipeline; of `lists` what concerns a visitor alone.

    Of a visitor two columns say nothing: a literal would reach the function as a scalar.
    """
    register_visitor_sink(tables, "write_article_scores", WriteArticleScores, config.redis_keys, config.run)
    tables.create_temporary_view("news", news)
    tables.create_temporary_view("lists", lists)
    tables.execute_sql("CREATE TABLE written (bundle BIGINT) WITH ('connector' = 'blackhole')")
    sinks = tables.create_statement_set()
    sinks.add_insert_sql(
        """INSERT INTO written SELECT written FROM (
            SELECT write_article_scores(kind, name, at_ms, absorbed, packed, text) AS written FROM (
                SELECT kind, name, at_ms, absorbed, packed, text FROM news
                UNION ALL
                SELECT kind, visitor_id, at_ms, appended_ms, content, kind FROM lists WHERE list_id = ''
            )) WHERE written IS NOT NULL"""
    )
    return sinks
