"""What a visitor's numbers say of a value, against the definition."""

import numpy as np
import pytest

from operators.maths.preferences.choice_features import (
    DAY_MS,
    KNOTS,
    LONGEST_DAYS,
    Histories,
    count_of,
    features,
)

HALF_LIVES_MS = np.array([1_800_000.0, 7 * DAY_MS, 90 * DAY_MS])
AT_MS = 1_700_000_000_000
EVERYBODY = np.array([0.5, 0.3, 0.2])
ONE, L, CROSS, AWAY, EVIDENCE, SEEN = 0, 1, 4, 7, 9, 10


def history(days: dict[int, list[float]], weight: float = 1.0) -> Histories:
    """One visitor who chose the values so many days ago."""
    values, totals = np.zeros((3, 1, 3)), np.zeros((3, 1))
    for j, h in enumerate(HALF_LIVES_MS):
        for c, ago in days.items():
            # Sums that underflow as of AT_MS do not as of their own time: their logarithm is what is kept.
            logs = [np.log2(weight) + (AT_MS - DAY_MS * a) / h for a in ago]
            values[j, 0, c] = np.logaddexp2.reduce(logs)
        for c in set(range(3)) - days.keys():
            values[j, 0, c] = -np.inf
        totals[j, 0] = np.logaddexp2.reduce(values[j, 0])
    return Histories(values, totals, np.array([AT_MS]))


def of(days: dict[int, list[float]], weight: float = 1.0, smoothing: float = 2.0) -> np.ndarray:  # type: ignore[type-arg]
    return np.asarray(features(history(days, weight), HALF_LIVES_MS, EVERYBODY, smoothing)[0])


def test_the_share_that_a_horizon_expects_stands_above_everybodys() -> None:
    F = of({0: [90.0], 1: [180.0]})
    c, e = np.array([0.5, 0.25, 0.0]), 0.75
    expected = np.log((c + 2 * EVERYBODY) / (e + 2) / EVERYBODY)
    np.testing.assert_allclose(F[:, L + 2], expected / 2)
    np.testing.assert_allclose(F[:, CROSS + 2], expected**2 / 8)
    np.testing.assert_allclose(F[:, EVIDENCE], np.log1p(e) / 4)
    assert F.shape == (3, count_of(3))


def test_the_shortest_horizon_tells_the_age_of_long_ago() -> None:
    F = of({0: [40.0], 1: [400.0, 3.0]})
    knots = np.log(np.array(KNOTS) + 0.05)
    for c, age in ((0, 40.0), (1, 3.0)):
        reached = F[c, SEEN + 1 : SEEN + len(KNOTS)].sum()
        assert reached == pytest.approx(np.log(age + 0.05) - knots[0])
    assert F[0, AWAY] == pytest.approx(np.log(3.05) / 2)


def test_a_value_never_chosen_says_the_same_as_any_other_never_chosen() -> None:
    F = of({0: [1.0]})
    np.testing.assert_allclose(F[1], F[2])
    assert (F[1, SEEN : SEEN + len(KNOTS) + 1] == 0).all()
    assert F[0, SEEN] == 1


def test_of_an_unknown_visitor_nothing_is_said_but_the_time() -> None:
    unknown = Histories(np.full((3, 1, 3), -np.inf), np.full((3, 1), -np.inf), np.array([AT_MS]))
    F = features(unknown, HALF_LIVES_MS, EVERYBODY, 2.0)[0]
    np.testing.assert_allclose(F[:, L : L + 6], 0, atol=1e-12)
    assert F[0, AWAY] == pytest.approx(np.log(LONGEST_DAYS + 0.05) / 2)
    assert np.isfinite(F).all()


def test_times_come_round_after_a_week_and_a_day() -> None:
    unknown = np.full((3, 3, 3), -np.inf), np.full((3, 3), -np.inf)
    at = AT_MS + np.array([0, 7 * DAY_MS, DAY_MS])
    F = features(Histories(*unknown, at), HALF_LIVES_MS, EVERYBODY, 2.0)[:, 0, -4:]
    np.testing.assert_allclose(F[0], F[1], atol=1e-9)
    np.testing.assert_allclose(F[0, 2:], F[2, 2:], atol=1e-9)
    assert abs(F[0, 0] - F[2, 0]) > 0.1
    np.testing.assert_allclose(F[:, 0] ** 2 + F[:, 1] ** 2, 1)


def test_an_event_of_a_moment_ago_and_one_in_the_future_are_now() -> None:
    np.testing.assert_allclose(of({0: [-1.0]})[0, SEEN:-5], of({0: [0.0]})[0, SEEN:-5])
