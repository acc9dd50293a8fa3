"""Events a second of `visitor_segments` where one shop has nearly all, and where ten thousand share them.

    .venv/bin/python -m benchmarks.shops hot --parts 1,4 --slots 2
    .venv/bin/python -m benchmarks.shops small

On a stack of its own, state on RocksDB. Visitors buy what households of Complete Journey bought; every
`EACH` purchases are another visitor's, who stays at one shop. Each run ends when the shops' profiles have
counted every visit. Prints the rate behind the start-up, and the calls of Python: batches of a shard.
"""

import hashlib
import json
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import redis as redis_py
import requests
import typer

from benchmarks.load import visitors_of
from benchmarks.place import TOPIC, Place, until
from benchmarks.run import MEMORY, removed, say
from benchmarks.segments import JOB, LONGEST_S, TOPICS, counted, visits
from benchmarks.subjects import submit
from schemas.avro import encode
from schemas.behaviors import SCHEMA
from tidemark import flink
from tidemark.replay.delivery import Delivery
from tidemark.settings import Settings
from tidemark.stack.stack import LocalStack
from tidemark.topics import create_topics

EACH = {"hot": 50, "small": 10}
HOT, HOT_SHARE, SMALL = "hot", 0.9, 10_000


def shop(visitor: str, kind: str) -> str:
    """The visitor's only one."""
    dice = int.from_bytes(hashlib.blake2b(visitor.encode(), digest_size=8).digest()) / 2**64
    if kind == "hot" and dice < HOT_SHARE:
        return HOT
    return f"small {int(dice * SMALL)}"


def events(kind: str, count: int) -> Iterator[dict[str, Any]]:
    """The first `count` purchases."""
    for event in islice(visitors_of(EACH[kind]), count):
        yield event | {"shop_id": shop(event["visitor_id"], kind)}


def preload(place: Place, kind: str) -> int:
    """Fill the topic; returns how many visits there are."""
    create_topics(place.kafka, [TOPIC])
    with Delivery(place.kafka, TOPIC) as delivery:
        for event in events(kind, place.events):
            delivery.send(event["visitor_id"].encode(), encode(SCHEMA, event))
        delivery.finish()
    return sum(visits(events(kind, place.events)).values())


def run(place: Place, parts: int, slots: int, expected: int) -> str:
    """One run, as a line."""
    place.empty_redis()
    hot = {"TIDEMARK_SEGMENTS_HOT": json.dumps({HOT: parts})} if parts > 1 else {}
    job = submit(place, TOPIC, {**TOPICS, "TIDEMARK_PARALLELISM": str(slots), **hot})
    with redis_py.Redis.from_url(place.redis) as client:
        until(lambda: counted(client) > 0, LONGEST_S, "no visit is counted")
        first, start_s = counted(client), time.time()
        until(lambda: counted(client) == expected, LONGEST_S, f"not {expected} visits")
        spent_s = time.time() - start_s
    requests.patch(f"http://{place.flink}/jobs/{job}?mode=cancel", timeout=10)
    until(lambda: flink.get(place.flink, f"/jobs/{job}")["state"] == "CANCELED", 60, "it goes on")
    batches = calls(place, job)  # before, they lag behind
    rate = place.events * (1 - first / expected) / spent_s
    return (
        f"{parts} part(s), {slots} slot(s): {rate:,.0f} events/s; {sum(batches):,} calls of Python, "
        f"{place.events / sum(batches):,.0f} events each; by slot {batches}"
    )


def calls(place: Place, job: str) -> list[int]:
    """Batches of shops that each slot has had."""
    vertices = flink.get(place.flink, f"/jobs/{job}")["vertices"]
    (updating,) = [vertex["id"] for vertex in vertices if "update segments" in vertex["name"]]
    subtasks = flink.get(place.flink, f"/jobs/{job}/vertices/{updating}")["subtasks"]
    return [one["metrics"]["read-records"] for one in subtasks]


def main(
    kind: Annotated[str, typer.Argument(help="hot or small.")],
    parts: Annotated[str, typer.Option(help="Numbers of parts of the hot shop.")] = "1",
    slots: Annotated[int, typer.Option(min=1, help="Of the job.")] = 1,
    events: Annotated[int, typer.Option(min=1000)] = 200_000,
    runs: Annotated[int, typer.Option(min=1, help="Of each, by turns.")] = 1,
    folder: Annotated[Path, typer.Option(help="Of the stack; removed.")] = Path(".run/bench"),
) -> None:
    """Measure."""
    up = LocalStack(folder, Settings().tools, "rocksdb", slots=slots, task_manager_memory=MEMORY, say=say)
    with removed(folder):
        try:
            up.up()
            place = Place(up, JOB, events, 0)
            expected = preload(place, kind)
            say(f"{events:,} events, {expected:,} visits, {kind}")
            for number in [int(number) for number in parts.split(",")] * runs:
                say(run(place, number, slots, expected))
        finally:
            up.down(keep_jobs=False)


if __name__ == "__main__":
    typer.run(main)
