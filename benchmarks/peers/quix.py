"""The same work in Quix Streams, state on RocksDB: `python -m benchmarks.peers.quix ARGUMENTS`.

In its favour: no changelog topic, bytes instead of JSON in its state, and what a visitor's events changed
between two commits goes to Redis as one command. Its state expires by its own time to live, as the
job's does; without, it needs a third less CPU, and event ids stay for ever.
"""

import struct
from datetime import timedelta
from typing import Any

from quixstreams import Application, State
from quixstreams.models.serializers import Deserializer
from quixstreams.sinks import BatchingSink, SinkBatch

from benchmarks.peers.arguments import Arguments, parse
from benchmarks.peers.decayed import SEEN_S, Entry, Fields, fold
from benchmarks.peers.ready import first_event
from benchmarks.peers.writes import Writer
from schemas.avro import decode
from schemas.behaviors import SCHEMA

SEEN = timedelta(seconds=SEEN_S)


class Behaviors(Deserializer):  # type: ignore[misc]
    """Raw Avro."""

    def __call__(self, value: bytes, ctx: Any) -> dict[str, Any]:  # noqa: ARG002
        first_event()
        return decode(SCHEMA, value)


class Preferences(BatchingSink):  # type: ignore[misc]
    """One pipeline a commit and partition; of a visitor's changes the latest of each field."""

    def __init__(self, arguments: Arguments) -> None:
        super().__init__()
        self._writer = Writer(arguments.redis, arguments.schema)

    def write(self, batch: SinkBatch) -> None:
        latest: dict[str, Fields] = {}
        for item in batch:
            if item.value:
                latest.setdefault(item.key, {}).update(item.value)
        self._writer.write(latest)


def main() -> None:
    """Read the topic from its start, end once `events` messages have been processed and committed."""
    arguments = parse()
    half_lives_ms, kept = arguments.half_lives_ms, timedelta(seconds=arguments.schema.ttl_s)
    layout = struct.Struct(f">{len(half_lives_ms)}dq")

    def preferences(event: dict[str, Any], state: State) -> Fields | None:
        identity = "!" + event["event_id"]
        if state.exists(identity):
            return None
        state.set_bytes(identity, b"", ttl=SEEN)

        def get(field: str) -> Entry | None:
            entry = state.get_bytes(field)
            return None if entry is None else layout.unpack(entry)

        def put(field: str, entry: Entry) -> None:
            state.set_bytes(field, layout.pack(*entry), ttl=kept)

        return fold(event, half_lives_ms, get, put)

    application = Application(
        broker_address=arguments.kafka,
        consumer_group=arguments.state.rsplit("/", 1)[-1],
        auto_offset_reset="earliest",
        auto_create_topics=False,
        use_changelog_topics=False,
        state_dir=arguments.state,
        loglevel="WARNING",
    )
    topic = application.topic(arguments.topic, key_deserializer="str", value_deserializer=Behaviors())
    frame = application.dataframe(topic).apply(preferences, stateful=True)
    frame.sink(Preferences(arguments))
    application.run(count=arguments.events, collect=False)


if __name__ == "__main__":
    main()
