"""What is looked at before the job `visitor_segments` is submitted."""

from tidemark.checks import check_servers, reading


def check_visitor_segments() -> None:
    """Configuration, topics and Redis.

    Raises
    ------
    UserError : the first thing that is wrong.
    """
    from flink_jobs.segments_config import SegmentsConfig

    with reading(SegmentsConfig):
        config = SegmentsConfig()
        config.behaviors(group="check")
        config.erasures(group="check")
        config.exposures(group="check")
        config.shop_layouts(group="check")
    others = config.erasures_topic, config.changes_topic, config.layouts.exposures_topic, config.layouts.topic
    check_servers(config.run, config.topic, others).close()
