"""Policies judged by a log of a world whose truth is known; labels as the oracle gives them."""

import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from schemas.layouts import Arm, LinearPolicy, ShopPolicy
from tests.oracles.layouts import labels, once
from tests.synthetic_visits import visits
from tidemark.errors import UserError
from tidemark.evaluate.layout_log import LayoutLog, labelled
from tidemark.evaluate.layouts import Estimates, evaluated, fixed

WINDOW_MS = 600_000
RATES = {("0", "a"): 0.05, ("0", "b"): 0.15, ("1", "a"): 0.20, ("1", "b"): 0.10}
LOGGING = {"a": 0.7, "b": 0.3}
WORTH = {"a": 10.0, "b": 30.0}


def world(n: int, seed: int) -> LayoutLog:
    dice = np.random.default_rng(seed)
    segment = dice.choice(["0", "1"], n).tolist()
    layout = dice.choice(["a", "b"], n, p=[0.7, 0.3]).tolist()
    won = dice.random(n) < [RATES[pair] for pair in zip(segment, layout, strict=True)]
    return LayoutLog(
        shop=["s"] * n,
        segment=segment,
        affinities=[()] * n,
        layout=layout,
        fold=np.arange(n) % 2,
        propensity=np.array([LOGGING[name] for name in layout]),
        converted=won.astype(float),
        revenue=won * np.array([WORTH[name] for name in layout]),
    )


def policy(by_segment: dict[str, tuple[float, float]]) -> dict[str, ShopPolicy]:
    segments = {
        segment: tuple(Arm(probability, 1.0, 1.0, 0.0, 0.0) for probability in both)
        for segment, both in by_segment.items()
    }
    return {"s": ShopPolicy("s", ("a", "b"), segments, "conversions", 1, 1)}


BEST = policy({"0": (0.1, 0.9), "1": (0.9, 0.1)})
TRUTH = 0.5 * (0.1 * 0.05 + 0.9 * 0.15) + 0.5 * (0.9 * 0.20 + 0.1 * 0.10)


@pytest.mark.parametrize("name", ["ips", "snips", "doubly_robust"])
def test_intervals_hold_the_truth_as_often_as_they_say(name: str) -> None:
    found = [getattr(evaluated(world(3_000, seed), BEST, by_revenue=False), name) for seed in range(60)]
    assert all(estimate.enough for estimate in found)
    assert np.mean([estimate.low <= TRUTH <= estimate.high for estimate in found]) >= 0.88
    assert np.mean([estimate.value for estimate in found]) == pytest.approx(TRUTH, rel=0.03)


def test_a_policy_by_affinities_is_judged_by_what_each_exposure_logged() -> None:
    weights = (0.1, 0.1, 1e-8, 0.0, 1e-8), (0.1, -0.1, 1e-8, 0.0, 1e-8)
    best = {"s": replace(BEST["s"], linear=LinearPolicy(0.1, weights))}
    log, leaning = world(20_000, 5), {"0": (-1.0,), "1": (1.0,)}
    told = replace(log, affinities=[leaning[segment] for segment in log.segment])
    found, by_segment = (evaluated(of, best, by_revenue=False).snips for of in (told, log))
    expected = evaluated(log, BEST, by_revenue=False).snips
    assert by_segment.value == pytest.approx(expected.value, rel=1e-9), "logged without them: by segment"
    assert found.value == pytest.approx(expected.value, rel=1e-6), "floor .1: as often as BEST"


def test_one_layout_alone_is_judged_where_it_was_shown() -> None:
    found = evaluated(world(20_000, 1), fixed("b"), by_revenue=False)
    assert found.snips.low <= (0.15 + 0.10) / 2 <= found.snips.high
    assert found.logged.value == pytest.approx(world(20_000, 1).converted.mean())


def test_revenue_is_judged_as_revenue() -> None:
    found = evaluated(world(20_000, 2), BEST, by_revenue=True)
    truth = 0.5 * (0.1 * 0.05 * 10 + 0.9 * 0.15 * 30) + 0.5 * (0.9 * 0.20 * 10 + 0.1 * 0.10 * 30)
    for estimate in (found.ips, found.snips, found.doubly_robust):
        assert estimate.low <= truth <= estimate.high


def test_the_model_makes_the_estimate_steadier() -> None:
    found = [evaluated(world(3_000, seed), BEST, by_revenue=False) for seed in range(30)]
    widths = {
        name: np.mean([_width(estimates, name) for estimates in found]) for name in ("ips", "doubly_robust")
    }
    assert widths["doubly_robust"] < widths["ips"]


def _width(estimates: Estimates, name: str) -> float:
    estimate = getattr(estimates, name)
    return float(estimate.high - estimate.low)


def test_few_exposures_are_not_enough_data() -> None:
    assert not evaluated(world(60, 3), BEST, by_revenue=False).enough


def test_what_cannot_be_judged_is_said() -> None:
    with pytest.raises(UserError, match="'c' of shop s was never shown"):
        evaluated(world(100, 4), fixed("c"), by_revenue=False)
    with pytest.raises(UserError, match=r"no layouts of shop s: .*`tidemark layouts s …`"):
        evaluated(world(100, 4), {}, by_revenue=False)
    with pytest.raises(UserError, match="no exposures were logged") as caught:
        evaluated(labelled([], [], WINDOW_MS), BEST, by_revenue=False)
    assert caught.value.exit_code == 1


def test_labels_are_the_oracles() -> None:
    exposures, behaviors = visits(300, seed=8)
    exposures = [event | {"layout": event["event_id"]} for event in exposures]
    log = labelled(exposures, behaviors, WINDOW_MS)
    expected = labels(exposures, behaviors, WINDOW_MS)
    assert sorted(log.layout) == sorted(expected)
    for event_id, converted, revenue in zip(log.layout, log.converted, log.revenue, strict=True):
        assert converted == float(expected[event_id].purchases > 0)
        assert revenue == pytest.approx(expected[event_id].revenue)


def test_since_leaves_out_exposures_and_changes_no_label() -> None:
    exposures, behaviors = visits(300, seed=9)
    exposures = [event | {"layout": event["event_id"]} for event in exposures]
    since_ms = sorted(event["event_time"] for event in exposures)[150]
    expected = labels(exposures, behaviors, WINDOW_MS)
    log = labelled(exposures, behaviors, WINDOW_MS, since_ms)
    late = {event["event_id"] for event in once(exposures) if event["event_time"] >= since_ms}
    assert set(log.layout) == late
    for event_id, converted in zip(log.layout, log.converted, strict=True):
        assert converted == float(expected[event_id].purchases > 0)


def test_a_visitor_is_in_one_fold() -> None:
    exposures, behaviors = visits(100, seed=1)
    random.Random(2).shuffle(exposures)
    shown: list[dict[str, Any]] = [dict(event) for event in once(exposures)]
    log = labelled(exposures, behaviors, WINDOW_MS)
    folds = {(event["visitor_id"], fold) for event, fold in zip(shown, log.fold.tolist(), strict=True)}
    assert len(folds) == len({visitor for visitor, _ in folds})
    assert {fold for _, fold in folds} == {0, 1}
