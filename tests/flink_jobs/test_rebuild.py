"""A lower weight, rebuilt by replay as a second generation, compared and promoted."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from flink_jobs.config import VisitorPreferencesConfig
from tests.corner import Corner
from tests.oracles.preferences import WEIGHTS, decayed_preferences
from tests.oracles.redis_agrees import differences
from tests.real_data import complete_journey
from tidemark import Tidemark

pytestmark = pytest.mark.flink

HALF_LIVES_MS = VisitorPreferencesConfig().half_lives_ms
HALVED = {**WEIGHTS, "purchase": WEIGHTS["purchase"] / 2}

_Answer = tuple[str, int | None, float]  # source, generation, weight of the strongest


@contextmanager
def polled(corner: Corner, visitor: str) -> Iterator[list[_Answer]]:
    """What a storefront gets all the while, as of the same time."""
    answers: list[_Answer] = []
    stop = threading.Event()
    client = Tidemark(corner.redis, timeout_s=5, namespace=corner.name)
    at_ms = client.preferences(visitor, horizon="long").latest_event

    def poll() -> None:
        while not stop.wait(0.02):
            found = client.preferences(visitor, horizon="long", at=at_ms, top=1)
            answers.append((found.source, found.generation, sum(item.weight for item in found.items)))

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        yield answers
    finally:
        stop.set()
        reader.join()
        client.close()


def test_halving_a_weight_is_a_rebuild_that_readers_get_at_once_and_without_a_gap(
    corner: Corner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tidemark.facet_reader.CACHED_S", 0.2)
    events = complete_journey(10_000)
    before = decayed_preferences(events, HALF_LIVES_MS)
    after = decayed_preferences(events, HALF_LIVES_MS, weights=HALVED)
    second = replace(corner.schema, generation=2)
    visitor = max(before, key=lambda v: len(before[v]))
    corner.produce(events)
    corner.await_state(corner.submit("--until-now"), "FINISHED")
    assert corner.differences(before) == []

    with polled(corner, visitor) as answers:
        rebuild = corner.submit(
            "--until-now", "--set", f"weights={json.dumps(HALVED)}", "--set", "generation=2"
        )
        corner.await_state(rebuild, "FINISHED")
        assert differences(corner.redis, second, after) == []
        assert corner.differences(before) == [], "the rebuild has touched what is served"
        assert {generation for _, generation, _ in answers} == {1}
        compared = corner.tidemark("compare", "1", "2", "--sample", "0", "--json")
        promoted = corner.tidemark("promote", "2", "--keep", "2 min")
        time.sleep(1)

    assert compared.returncode == 0, compared.stderr
    found = json.loads(compared.stdout)
    assert (found["both"], found["only_old"], found["only_new"]) == (len(before), 0, 0)
    assert found["differing"] == len(before)
    for facet in found["facets"].values():
        for horizon in facet["horizons"].values():
            assert horizon["differing"] == horizon["values"]
            assert horizon["mean_log2_ratio"] == pytest.approx(-1)
            assert horizon["top_10_overlap"] == 1

    assert promoted.returncode == 0, promoted.stderr
    assert differences(corner.redis, second, after) == []
    weights = {generation: weight for _, generation, weight in answers}
    assert set(answers) == {("visitor", 1, weights[1]), ("visitor", 2, weights[2])}
    assert weights[2] == pytest.approx(weights[1] / 2)
    assert [generation for _, generation, _ in answers] == sorted(
        generation or 0 for _, generation, _ in answers
    )
    assert json.loads(corner.tidemark("show", "visitor", visitor, "--json").stdout)[0]["generation"] == 2
