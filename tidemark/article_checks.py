"""What is looked at before a job about articles is submitted."""

from tidemark.checks import check_servers, reading
from tidemark.errors import UserError


def check_article_keywords() -> None:
    """Configuration, topic and Redis; creates the topic of features where it is missing.

    Raises
    ------
    UserError : the first thing that is wrong.
    """
    from flink_jobs.article_keywords_config import ArticleKeywordsConfig

    with reading(ArticleKeywordsConfig):
        config = ArticleKeywordsConfig()
        config.source(group="check")
    if config.run.until_now:
        raise UserError(
            "article_keywords works in micro-batches, and the last of a bounded input would be lost: submit "
            "it without --until-now, and `tidemark stop article_keywords` when it has caught up"
        )
    if config.run.registry:
        raise UserError(
            "article_keywords writes Avro without schema ids: leave TIDEMARK_REGISTRY empty, for it and for "
            "the jobs that read its topic"
        )
    check_servers(config.run, config.topic, [config.features_topic]).close()


def check_article_scores() -> None:
    """Configuration, topics and Redis; creates the topics of erasures and features where they are missing.

    Raises
    ------
    UserError : the first thing that is wrong.
    """
    from flink_jobs.article_scores_config import ArticleScoresConfig

    with reading(ArticleScoresConfig):
        config = ArticleScoresConfig()
        config.feedback(group="check")
        config.erasures(group="check")
        config.features(group="check")
    if config.run.until_now:
        raise UserError(
            "article_scores learns what became of a list minutes after it was shown: submit it without "
            "--until-now, and `tidemark stop article_scores` when it has caught up"
        )
    check_servers(config.run, config.topic, [config.erasures_topic, config.features_topic]).close()
