"""What more visitors cost: events a second, bytes of Flink's state and of Redis."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from itertools import islice
from typing import Any

import redis as redis_py

from benchmarks.load import Load, first_visitors, visitors_of
from benchmarks.place import Place
from benchmarks.subjects import ended, submit
from tidemark import flink
from tidemark.topics import create_topics

EVENTS_EACH = 10
"""Of one visitor: a guess at what a shop sees of most within a quarter of a year; docs/scale.md scales it."""

VISITORS_A_ROUND = 140_000
"""A year of purchases holds some more visitors of ten events; beyond, there are rounds."""

AT_ONCE = 10_000


def measure(place: Place, sizes: Iterable[int], say: Callable[[str], None]) -> list[dict[str, Any]]:
    """One row a number of visitors, each a run of its own from empty state and Redis."""
    return [_measure(place, visitors, say) for visitors in sizes]


def _measure(place: Place, visitors: int, say: Callable[[str], None]) -> dict[str, Any]:
    rounds = -(-visitors // VISITORS_A_ROUND)
    topic, load = f"bench-growth-{visitors}", Load(place.stack, place.stack.run / "tmp" / "load")
    chosen = first_visitors(visitors_of(EVENTS_EACH), visitors // rounds)
    in_round = load.write(chosen)
    events = in_round * rounds
    create_topics(place.kafka, [topic])
    load.send(topic, events)

    place.empty_redis()
    with closing(redis_py.Redis.from_url(place.redis)) as client:
        before = used_bytes(client)
        job = submit(place, topic, {"TIDEMARK_UNTIL_NOW": "true"})
        timed = ended(place, job)
        redis_bytes = used_bytes(client) - before
        found, values = count(client, place.schema.visitor_key("*"))
    state = flink.get(place.flink, f"/jobs/{job}/checkpoints")["latest"]["completed"]["state_size"]
    row = {
        "job": place.job,
        "backend": "rocksdb",
        "visitors": found,
        "events": events,
        "values": values,
        "events_per_s": round(events / timed.duration_s),
        "flink_bytes": state,
        "redis_bytes": redis_bytes,
    }
    say(", ".join(f"{name} {value:,}" for name, value in row.items() if isinstance(value, int)))
    return row


def used_bytes(client: Any) -> int:
    """By Redis' data, as Redis counts it."""
    used: int = client.info("memory")["used_memory"]
    return used


def count(client: Any, pattern: str) -> tuple[int, int]:
    """(visitors, values of facets) in Redis."""
    visitors = values = 0
    every = client.scan_iter(pattern, count=AT_ONCE)
    while keys := list(islice(every, AT_ONCE)):
        pipeline = client.pipeline(transaction=False)
        for key in keys:
            pipeline.hkeys(key)
        for fields in pipeline.execute():
            visitors += 1
            values += sum(b":" in field for field in fields)
    return visitors, values


def bytes_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a visitor and a value of a facet take, of the largest measurement."""
    if not rows:
        return []
    largest = max(rows, key=lambda row: row["visitors"])
    return [
        {
            "job": largest["job"],
            "store": store,
            "per_visitor": round(largest[f"{store}_bytes"] / largest["visitors"]),
            "per_value": round(largest[f"{store}_bytes"] / largest["values"]),
        }
        for store in ("flink", "redis")
    ]
