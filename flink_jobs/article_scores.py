"""Impressions and clicks in; articles' click models and scores out, to Redis."""

from pyflink.table import StatementSet, StreamTableEnvironment

from flink_jobs.article_scores_config import ArticleScoresConfig
from flink_jobs.article_scores_features import described_articles
from flink_jobs.article_scores_sink import write_article_scores
from flink_jobs.durations import milliseconds
from flink_jobs.environment import execute_inserts, table_environment
from operators.articles.gather_lists import COLUMNS, gather_lists, with_features, with_forgetting
from operators.articles.list_log import ListLog
from operators.articles.place_readers import SHARD_BATCHES, PlaceReaders
from operators.articles.update_click_models import SHARD_STATISTICS, UpdateClickModels
from operators.articles.update_shared_model import NEWS, UpdateSharedModel
from operators.micro_batches import micro_batches

NAME = "article_scores"
GROUP = f"tidemark.{NAME}"

OPERATORS = {
    r"KafkaSource-.*\.feedback$": "feedback from Kafka",
    r"KafkaSource-.*\.erasures$": "erasures from Kafka",
    r"KafkaSource-.*\.described$": "features from Kafka",
    r"ProcessTableFunction": "lists and their outcomes by visitor",
    r"(Local|Global)?WindowAggregate": "micro-batches of lists",
    r"PythonCalc": "write to Redis",
}
"""What the planner calls the operators -> what they do, for the Flink UI."""

HEADS = ("write to Redis",)
"""What feeds it goes on while it waits for Python."""

STATE_CACHES = {
    "python.map-state.read-cache-size": "4000",
    "python.map-state.write-cache-size": "10000",
}
"""Entries of Python's keyed state, of each map and key: what is not here is asked for one by one."""


def build(tables: StreamTableEnvironment, config: ArticleScoresConfig) -> StatementSet:
    """Feedback -> lists and outcomes, features -> readers -> articles by shard -> shared model -> Redis."""
    feedback = config.feedback(GROUP).attach(tables, "feedback")
    erasures = config.erasures(GROUP).attach(tables, "erasures")
    features = described_articles(tables, config.features(GROUP))
    lists = gather_lists(
        tables,
        with_forgetting(tables, feedback, erasures),
        config.window_ms,
        milliseconds(config.list_wait),
        milliseconds(config.retention),
    )
    placed = (
        micro_batches(
            tables, with_features(tables, lists, features), "shard", COLUMNS, milliseconds(config.batch_span)
        )
        .process(
            PlaceReaders(
                config.readers,
                config.articles,
                config.shards,
                config.window_ms,
                milliseconds(config.retention),
                ListLog(config.list_log),
            ),
            output_type=SHARD_BATCHES,
        )
        .name("place readers")
        .uid("place-readers")
    )
    read = (
        placed.key_by(lambda batch: batch[0])
        .process(
            UpdateClickModels(config.articles, milliseconds(config.retention)), output_type=SHARD_STATISTICS
        )
        .name("update click models")
        .uid("update-click-models")
    )
    news = (
        read.key_by(lambda statistics: statistics[0])
        .process(
            UpdateSharedModel(config.scores, milliseconds(config.rank_every), milliseconds(config.retention)),
            output_type=NEWS,
        )
        .name("update shared model")
        .uid("update-shared-model")
    )

    return write_article_scores(tables, news, lists, config)


def main() -> None:
    """Submit the job: `flink run -pym flink_jobs.article_scores …`."""
    config = ArticleScoresConfig()
    tables = table_environment(NAME, config.run, state_ttl=config.retention, more=STATE_CACHES)
    execute_inserts(tables, build(tables, config), NAME, OPERATORS, heads=HEADS)


if __name__ == "__main__":
    main()
