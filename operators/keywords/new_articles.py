"""Articles as Kafka has them -> each publication or change once, read, as bytes that the models take."""

from typing import Any

from pyflink.table import DataTypes, StreamTableEnvironment, Table
from pyflink.table.udf import ScalarFunction, udf


class ReadArticles(ScalarFunction):  # type: ignore[misc]
    """Columns of articles -> msgpack of `ReadArticle`, row by row. A vectorised function."""

    def eval(self, ids: Any, titles: Any, texts: Any, tags: Any, event_times: Any, published: Any) -> Any:
        import msgspec
        import pandas as pd

        from operators.keywords.read_articles import read_article

        columns = zip(ids, titles, texts, tags, event_times, published, strict=True)
        return pd.Series([msgspec.msgpack.encode(read_article(*row)) for row in columns], dtype=object)


def newest_only(tables: StreamTableEnvironment, articles: Table) -> Table:
    """Leave out what is sent again, and what is older than what is known of the article.

    Id and event time say which version of an article it is. State: one entry an article, one a version; both
    go after `table.exec.state.ttl`.

    Returns
    -------
    Table (article_id, title, text, tags, event_time, published_at), append-only.
    """
    timed = tables.sql_query(
        f"""SELECT article_id, title, text, tags, event_time, published_at, PROCTIME() AS arrives
        FROM {articles}"""
    )
    once = tables.sql_query(
        f"""SELECT article_id, title, text, tags, event_time, published_at, PROCTIME() AS arrives FROM (
            SELECT *, ROW_NUMBER() OVER (PARTITION BY article_id, event_time ORDER BY arrives) AS nth
            FROM {timed}) WHERE nth = 1"""
    )
    newest = tables.sql_query(
        f"""SELECT *, MAX(event_time) OVER (
            PARTITION BY article_id ORDER BY arrives ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
        ) AS newest FROM {once}"""
    )
    return tables.sql_query(
        f"""SELECT article_id, title, text, tags, event_time, published_at
        FROM {newest} WHERE event_time = newest"""
    )


def read_articles(tables: StreamTableEnvironment, articles: Table) -> Table:
    """Read the text of each.

    Returns
    -------
    Table (shard, article): one shard, since what one article teaches serves all; msgpack of `ReadArticle`.
    """
    tables.create_temporary_function(
        "read_articles", udf(ReadArticles(), result_type=DataTypes.BYTES(), func_type="pandas")
    )
    return tables.sql_query(
        f"""SELECT 0 AS shard,
            read_articles(article_id, title, text, tags, event_time, published_at) AS article
        FROM {articles}"""
    )
