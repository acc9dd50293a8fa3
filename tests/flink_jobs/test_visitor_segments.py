"""The job `visitor_segments` on the real stack."""

import json
import math
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flink_jobs.config import RunConfig
from flink_jobs.segments_config import SegmentsConfig
from operators.batch_log import logged
from operators.segments.industry_priors import industry_of
from operators.segments.learn_visits import Assigned
from operators.segments.seek_segments import is_due
from operators.segments.shop_profile import shop_profile
from state.shop_part import ShopPart
from tests.corner import await_true
from tests.flink_jobs.test_erasure import BACK, LEAVING, forget, traces, with_names
from tests.operators.segments.shard import Shard
from tests.real_data import complete_journey
from tests.segments_corner import JOB, SegmentsCorner, at_one_shop, at_shops
from tests.stack_fixture import TOOLS
from tidemark.flink import get, running_job
from tidemark.stack.stack import LocalStack

pytestmark = pytest.mark.flink


@pytest.fixture
def corner(stack: Any) -> Any:
    corner = SegmentsCorner(stack)
    yield corner
    corner.cancel_all()


@pytest.fixture
def two(tmp_path: Path) -> Iterator[SegmentsCorner]:
    """A corner of a stack with two task managers, of one slot each."""
    stack = LocalStack(tmp_path / "run", TOOLS, task_managers=2, say=print)
    stack.up()
    yield SegmentsCorner(stack)
    stack.down(keep_jobs=False)


HOT = ("--set", 'hot={"one": 4}')


@pytest.mark.parametrize("sets", [(), HOT], ids=["in one piece", "in four parts"])
def test_visitors_have_segments_and_each_visit_counts_once_through_a_kill(
    corner: SegmentsCorner, sets: tuple[str, ...]
) -> None:
    events = at_one_shop(complete_journey(40_000))
    corner.produce(events[:20_000])
    job = corner.submit(*sets)
    await_true(lambda: len(corner.segments()) > 200, 90, lambda: f"{len(corner.segments())} segments")
    done = corner.checkpoints(job)
    await_true(lambda: corner.checkpoints(job) > done, 60, lambda: "no checkpoint")
    corner.produce(events[20_000:])
    corner.stack.kill_task_manager()
    corner.stack.start_task_manager()

    corner.await_visits(events)
    segments, profile = corner.segments(), corner.profile("one")
    assert {visitor for visitor, _ in segments} == {event["visitor_id"] for event in events}
    known = {segment["segment"] for segment in profile["segments"]}
    assert 2 <= len(known) <= 12
    assert {said["segment"] for said in segments.values()} <= known
    assert all(0 < said["sure"] <= 1 for said in segments.values())
    visitors = sum(segment["visitors"] for segment in profile["segments"])
    assert visitors == pytest.approx(visitors_left(events), abs=0.01 * len(known))
    assert corner.parts_told("one") == (4 if sets else 0)


def visitors_left(events: list[dict[str, Any]]) -> float:
    """By the definition: each visitor as much as the shop's latest event leaves of its last one."""
    last: dict[str, int] = {}
    for event in events:
        who = event["visitor_id"]
        last[who] = max(last.get(who, 0), event["event_time"])
    half_life_ms = SegmentsConfig().half_lives_ms[0]
    return sum(math.exp2((at_ms - max(last.values())) / half_life_ms) for at_ms in last.values())


def test_stopped_and_resumed_it_is_what_the_pure_step_makes_of_its_batches(
    corner: SegmentsCorner, tmp_path: Path
) -> None:
    events, log = at_shops(complete_journey(20_000), 3), tmp_path / "batches"
    shops = {event["shop_id"] for event in events}
    corner.produce(events[:10_000])
    first = corner.submit("--set", f"batch_log={log}", "--set", "industry_weight=0")
    await_true(lambda: len(corner.segments()) > 100, 90, lambda: f"{len(corner.segments())} segments")
    assert corner.tidemark("stop", JOB).returncode == 0
    resumed = corner.tidemark("resume", JOB)
    assert resumed.returncode == 0, resumed.stderr
    corner.produce(events[10_000:])
    corner.await_visits(events)
    running = running_job(corner.flink, JOB)
    assert running is not None
    assert (corner.restarts(running.id), running.id != first) == (0, True)

    await_true(lambda: not differing(corner, log), 60, lambda: f"profiles differ: {differing(corner, log)}")
    shard, told = replayed(log)
    assert all(shard.shop(shop).model.refitted_at > 0 for shop in shops), "a test of no refit shows little"
    segments = corner.segments()
    assert segments.keys() == told.keys()
    for who, said in segments.items():
        last = told[who]
        assert (said["segment"], said["at_ms"], said["since_ms"]) == (last.segment, last.at_ms, last.since_ms)
        assert said["sure"] == pytest.approx(last.confidence, abs=1e-4)
        assert [name for name, _ in said["why"]] == [name for name, _ in last.why]
        assert said["affinities"] == pytest.approx(last.affinities, abs=1e-3)
    expected = {who: said["segment"] for who, said in segments.items()}
    await_true(lambda: corner.entered() == expected, 30, lambda: "the topic of changes disagrees with Redis")


def differing(corner: SegmentsCorner, log: Path) -> list[Any]:
    """Shops whose refit is to come, and profiles in Redis that are not the pure step's: batches may come."""
    shard, _ = replayed(log)
    told = {shop: corner.profile(shop) for shop in shard.shops}
    expected = {
        shop: json.loads(shop_profile(shard.shop(shop), said.get("drifted_ms") or 0))
        for shop, said in told.items()
    }
    due = [shop for shop in shard.shops if is_due(shard.shop(shop), shard.settings)]
    return due + [(told[shop], expected[shop]) for shop in told if told[shop] != expected[shop]]


def replayed(log: Path) -> tuple[Shard, dict[tuple[str, str], Assigned]]:
    """The shops after the same batches and refits, without Flink; and what was last told of each visitor.

    A refit between savepoint and stop is lost with its worker, and made again: what is not due is one.
    """
    shard, told = Shard(SegmentsConfig().shop_settings), {}
    for step in logged(log):
        if not isinstance(step, str):
            news = shard.process(step)
        else:
            news = shard.refit(step) if is_due(shard.shop(step), shard.settings) else []
        for of in news:
            told[of.visitor, of.shop] = of
    return shard, told


def test_the_first_visitors_of_a_new_shop_are_in_segments_of_its_industry(corner: SegmentsCorner) -> None:
    events = at_shops(complete_journey(20_000), 2)
    corner.produce(events)
    corner.submit("--set", "industry_sample=0.5")
    corner.await_visits(events)
    industry = SegmentsConfig(run=RunConfig(namespace=corner.namespace)).redis_schema.industry_key("grocery")

    def segments_known() -> int:
        said = corner.client().get(industry)
        sums = ShopPart.from_bytes(said).model.sums if said else np.zeros((0, 0))
        return int((sums.sum(axis=1) > 0).sum())

    await_true(lambda: segments_known() > 1, 60, lambda: f"{segments_known()} segments of the industry")
    assert not [shop for _, shop in corner.segments() if industry_of(shop) is not None]
    time.sleep(5)  # two periods: what the industry says is read once a period

    opening = [
        event | {"shop_id": "new", "event_id": f"opening {at}", "visitor_id": f"first {at}"}
        for at, event in enumerate(events[-100:])
    ]
    corner.produce(opening)
    corner.await_visits(events + opening)
    found = {visitor: said["segment"] for (visitor, shop), said in corner.segments().items() if shop == "new"}
    assert found.keys() == {event["visitor_id"] for event in opening}
    assert len(set(found.values())) > 1, "without an industry all of them are in one"
    assert corner.profile("new")["visits"] == len(opening)


def test_a_forgotten_visitor_leaves_no_trace_and_no_replay_brings_one_back(corner: SegmentsCorner) -> None:
    events = with_names(at_one_shop(complete_journey(8_000)))
    corner.produce(events)
    job = corner.submit()
    corner.await_visits(events)
    assert traces(corner, LEAVING)
    before = corner.profile("one")

    forget(corner, LEAVING)
    forget(corner, BACK)
    await_true(
        lambda: traces(corner, LEAVING) == traces(corner, BACK) == [], 30, lambda: f"{traces(corner, BACK)}"
    )
    assert corner.profile("one") == before, "statistics of segments name nobody, and stay"

    # All of it comes again, and one of the two comes back: with what is new alone.
    now_ms = events[-1]["event_time"] + 20 * 365 * 86_400_000
    again = [
        event | {"visitor_id": BACK, "event_id": f"again {i}", "event_time": now_ms + i}
        for i, event in enumerate(events[:20])
    ]
    corner.produce(events + again)
    await_true(lambda: (BACK, "one") in corner.segments(), 60, lambda: "who came back has no segment")
    assert corner.segments()[BACK, "one"]["since_ms"] == now_ms
    assert traces(corner, LEAVING) == []

    # A job that never heard of the erasures reads everything from the beginning.
    corner.cancel(job)
    corner.submit("--set", "generation=2", "--set", f"erasures_topic={corner.name}.nobody")
    corner.await_visits(events + again, generation=2)
    assert traces(corner, LEAVING) == []
    known = {
        visitor for visitor in (event["visitor_id"] for event in events) if visitor not in (LEAVING, BACK)
    }
    for visitor in known:
        assert traces(corner, visitor), "the others are there"


def rows_read(corner: SegmentsCorner) -> dict[str, int]:
    """By task manager, the batches of shops that it has had so far."""
    job = running_job(corner.flink, JOB)
    assert job is not None
    vertices = get(corner.flink, f"/jobs/{job.id}")["vertices"]
    (updating,) = [vertex["id"] for vertex in vertices if "update segments" in vertex["name"]]
    subtasks = get(corner.flink, f"/jobs/{job.id}/vertices/{updating}")["subtasks"]
    return {one["taskmanager-id"]: one["metrics"]["read-records"] for one in subtasks}


def test_from_one_slot_to_two_and_back_loses_and_doubles_nothing(two: SegmentsCorner) -> None:
    events = at_shops(complete_journey(15_000), 24)
    two.submit("--set", 'hot={"商店 1 🧴": 2}')
    for start, parallelism in ((0, 2), (5_000, 1)):
        two.produce(events[start : start + 2_500])
        done = two.tidemark("rescale", JOB, "--parallelism", str(parallelism))
        assert done.returncode == 0, done.stderr
        two.produce(events[start + 2_500 : start + 5_000])
        await_true(
            lambda: min(rows_read(two).values()) > 0, 60, lambda: f"a slot gets no work: {rows_read(two)}"
        )
        assert len(rows_read(two)) == parallelism
    two.produce(events[10_000:])
    two.await_visits(events)
    assert {visitor for visitor, _ in two.segments()} == {event["visitor_id"] for event in events}
