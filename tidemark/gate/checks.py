"""What is looked at before the job `event_gate` is submitted."""

from tidemark.checks import reading
from tidemark.errors import UserError


def check_event_gate() -> None:
    """Configuration, and that every topic is there and can take what the gate may write.

    Raises
    ------
    UserError : the first thing that is wrong.
    """
    from flink_jobs.event_gate_config import EventGateConfig
    from schemas.event_types import DEAD_LETTER, OUTCOMES, RAW, RESENT
    from tidemark.topics import DEAD_LETTER_MAX_BYTES, describe_topics, max_message_bytes

    with reading(EventGateConfig):
        config = EventGateConfig()
        config.run.source(config.resent_topic, "envelope", group="check")
    if config.run.registry:
        raise UserError(
            "event_gate writes Avro without schema ids: leave TIDEMARK_REGISTRY empty, for it and for the "
            "jobs that read its topics"
        )
    names = [config.topic_prefix + name for name in (RAW, RESENT, *OUTCOMES)]
    there = {topic.name for topic in describe_topics(config.run.kafka, names)}
    missing = [name for name in names if name not in there]
    if missing:
        raise UserError(
            f"{_counted(missing)} on Kafka at {config.run.kafka}: create what is missing with "
            f"`tidemark topics {' '.join(missing)} --kafka {config.run.kafka}`"
        )
    for name in (config.topic_prefix + DEAD_LETTER, config.topic_prefix + RESENT):
        limit = max_message_bytes(config.run.kafka, name)
        if limit < DEAD_LETTER_MAX_BYTES:
            raise UserError(
                f"topic {name}: max.message.bytes is {limit:,}, and must be at least "
                f"{DEAD_LETTER_MAX_BYTES:,}: a dead letter is a whole message with headers"
            )


def _counted(missing: list[str]) -> str:
    if len(missing) == 1:
        return f"topic {missing[0]!r} does not exist"
    return f"topics {', '.join(missing)} do not exist"
