"""What is looked at before the job `visitor_segments` is submitted."""

from contextlib import closing

from tidemark.checks import check_redis, reading, refuse_secret_in_variable


def check_visitor_segments() -> None:
    """Configuration, topics and Redis.

    Raises
    ------
    UserError : the first thing that is wrong.
    """
    from flink_jobs.segments_config import SegmentsConfig
    from tidemark.topics import check_topic, create_topics

    with reading(SegmentsConfig):
        config = SegmentsConfig()
        config.behaviors(group="check")
        config.erasures(group="check")
        config.exposures(group="check")
        config.shop_layouts(group="check")
    address = config.run.redis_address
    refuse_secret_in_variable(address)
    check_topic(config.run.kafka, config.topic)
    others = config.erasures_topic, config.changes_topic, config.layouts.exposures_topic, config.layouts.topic
    create_topics(config.run.kafka, others)
    with closing(check_redis(address)):
        pass
