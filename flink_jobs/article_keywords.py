"""Articles in; their keywords and tags out, to Redis and to the topic of article features."""

from pyflink.table import StatementSet, StreamTableEnvironment

from flink_jobs.article_features_sink import write_article_features
from flink_jobs.article_keywords_config import ArticleKeywordsConfig
from flink_jobs.durations import milliseconds
from flink_jobs.environment import execute_inserts, table_environment
from operators.keywords.new_articles import newest_only, read_articles
from operators.keywords.update_article_models import DESCRIPTIONS, UpdateArticleModels
from operators.micro_batches import micro_batches

NAME = "article_keywords"

OPERATORS = {
    r"KafkaSource": "articles from Kafka",
    r"Deduplicate": "each version once",
    r"OverAggregate": "newest version by article",
    r"PythonCalc\[.*read_articles": "read texts",
}
"""What the planner calls the operators -> what they do, for the Flink UI."""

CACHED_ROWS = 100_000
"""Rows of the models' tables that the Python worker keeps at hand: some 40 MB."""

SETTINGS = {
    "python.map-state.read-cache-size": str(CACHED_ROWS),
    "python.map-state.write-cache-size": str(CACHED_ROWS),
}


def build(tables: StreamTableEnvironment, config: ArticleKeywordsConfig) -> StatementSet:
    """Articles -> newest versions -> read -> described and learned from, a micro-batch at a time -> sinks."""
    articles = config.source(group=f"tidemark.{NAME}").attach(tables, "articles")
    newest = newest_only(tables, articles)
    read = read_articles(tables, newest)
    described = (
        micro_batches(tables, read, "shard", ["article"], milliseconds(config.span))
        .process(UpdateArticleModels(config.settings), output_type=DESCRIPTIONS)
        .name("describe articles, update models")
        .uid("update-article-models")
    )

    return write_article_features(tables, described, config)


def main() -> None:
    """Submit the job: `flink run -pym flink_jobs.article_keywords …`."""
    config = ArticleKeywordsConfig()
    tables = table_environment(NAME, config.run, state_ttl=config.retention, more=SETTINGS)
    execute_inserts(tables, build(tables, config), NAME, OPERATORS)


if __name__ == "__main__":
    main()
