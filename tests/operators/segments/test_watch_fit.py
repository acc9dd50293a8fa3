"""The alarm of drift: raised once when visitors stop fitting, not when they fit better."""

import numpy as np

from operators.segments.watch_fit import DriftSettings, watch_fit
from state.segment_fit import SegmentFit

SETTINGS = DriftSettings(visits=10, window=64)


def watched(means: list[float]) -> tuple[SegmentFit, list[int]]:
    """Ten visits of one count at a time, a second apart; when the alarm was raised."""
    fit, alarms = SegmentFit.none(), []
    random = np.random.default_rng(1)
    for at_s, mean in enumerate(means):
        fit, raised = watch_fit(fit, 10, 10 * (mean + random.normal(0, 0.01)), 10.0, 1000 * at_s, SETTINGS)
        alarms += [at_s] * raised
    return fit, alarms


def test_a_fall_raises_one_alarm_and_leaves_its_time() -> None:
    fit, alarms = watched([0.3] * 40 + [0.05] * 30)
    assert len(alarms) == 1
    assert 40 < alarms[0] < 65
    assert fit.drifted_ms == 1000 * alarms[0]
    assert len(fit.window) < 40


def test_a_better_fit_raises_none() -> None:
    fit, alarms = watched([0.05] * 40 + [0.3] * 30)
    assert alarms == []
    assert len(fit.window) < 40


def test_visits_wait_until_there_are_enough_for_a_value() -> None:
    fit, _ = watch_fit(SegmentFit.none(), 4, 1.0, 5.0, 1, SETTINGS)
    fit, _ = watch_fit(fit, 5, 1.0, 5.0, 2, SETTINGS)
    assert (len(fit.window), fit.visits, fit.nats, fit.counts) == (0, 9, 2.0, 10.0)
    fit, _ = watch_fit(fit, 1, 0.0, 0.0, 3, SETTINGS)
    assert (fit.window.tolist(), fit.visits) == ([np.float32(0.2)], 0)


def test_visits_that_bring_nothing_are_no_value() -> None:
    fit, raised = watch_fit(SegmentFit.none(), 100, 0.0, 0.0, 1, SETTINGS)
    assert (len(fit.window), raised) == (0, False)


def test_the_window_is_bounded() -> None:
    assert len(watched([0.3] * 200)[0].window) <= SETTINGS.window


def test_a_fit_comes_back_from_its_bytes() -> None:
    fit, _ = watched([0.3] * 20)
    assert SegmentFit.from_bytes(fit.to_bytes()) == fit
