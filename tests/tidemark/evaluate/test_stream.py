"""The evaluation's stream and shops, on shoppers made up."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from operators.maths.decay import value_at
from operators.maths.preferences.choice_model import ChoiceSettings
from operators.maths.preferences.preference_mixture import MixtureSettings
from operators.maths.segments.refit_segments import RefitSettings
from operators.maths.segments.update_segments import SegmentSettings
from tests.tidemark.evaluate.conftest import DAYS, KINDS, VALUES, VISITORS
from tidemark.evaluate.baskets import DAY_MS, Baskets
from tidemark.evaluate.history_stream import PURCHASE, HistoryStream
from tidemark.evaluate.own_preferences import Preferences
from tidemark.evaluate.predictors import (
    Choice,
    EqualMix,
    Flat,
    GammaPoisson,
    OfMixture,
    Popular,
    Predictor,
)
from tidemark.evaluate.segment_history import record
from tidemark.evaluate.shops import Shops, Span, run
from tidemark.evaluate.shops_in_parts import ShopsInParts
from tidemark.evaluate.visit_stream import VisitStream

SPAN = Span(12, DAYS)
SEGMENTS = SegmentSettings(smoothing=20.0)
REFITS = RefitSettings(first_visits=60, least=KINDS, most=KINDS, rounds=2, restarts=2)
KIND = np.arange(VISITORS) % KINDS


def shops(
    baskets: Baskets, sample: int = 1000, kind: Callable[..., Shops] = Shops
) -> tuple[Shops, VisitStream]:
    stream = VisitStream(baskets, SEGMENTS.half_lives.long_ms)
    return kind(stream, VISITORS, SEGMENTS, REFITS, sample, seeds=(1, 2)), stream


def test_vectors_are_the_decayed_counts_before_the_day(baskets: Baskets) -> None:
    stream = VisitStream(baskets, 7 * DAY_MS)
    for day in stream.days():
        for i, visitor in enumerate(day.who[:3]):
            past = (baskets.visitor == visitor) & (baskets.day < day.day)
            weight = 2.0 ** (-(day.at_ms[i] - baskets.at_ms[past]) / (7 * DAY_MS))
            expected = np.bincount(baskets.category[past], weights=weight, minlength=VALUES)
            np.testing.assert_allclose(day.before[i], expected, atol=1e-9)


def test_sums_stay_those_of_the_members_through_moves_and_refits(baskets: Baskets) -> None:
    found, stream = shops(baskets, sample=25)
    for day in stream.days():
        found.refit()
        found.learn(day)
    latest = int(found.models.latest_ms[0])
    vectors = stream.decayed(np.arange(VISITORS), latest)
    for shop in range(2):
        for segment in range(KINDS):
            members = found.memory.segment[shop] == segment
            np.testing.assert_allclose(
                found.models.sums[shop, segment], vectors[members].sum(axis=0), rtol=1e-5, atol=1e-5
            )


def test_in_parts_that_hear_of_each_other_daily_they_are_the_shops_in_one_piece(baskets: Baskets) -> None:
    whole, first = shops(baskets, sample=25)
    parts, second = shops(baskets, sample=25, kind=partial(ShopsInParts, parts=3))
    for day, again in zip(first.days(), second.days(), strict=True):
        for found, of in ((whole, day), (parts, again)):
            found.refit()
            found.learn(of)
    np.testing.assert_array_equal(parts.memory.segment, whole.memory.segment)
    for name in vars(whole.models):
        np.testing.assert_allclose(getattr(parts.models, name), getattr(whole.models, name), atol=1e-9)


@pytest.mark.parametrize("every_days", [1, 5])
def test_sums_stay_those_of_the_members_however_far_behind_the_rest_is(
    baskets: Baskets, every_days: int
) -> None:
    found, stream = shops(baskets, 25, partial(ShopsInParts, parts=3, every_days=every_days))
    for day in stream.days():
        found.refit()
        found.learn(day)
    vectors = stream.decayed(np.arange(VISITORS), int(found.models.latest_ms[0]))
    for segment in range(KINDS):
        held = vectors[found.memory.segment[0] == segment].sum(axis=0)
        np.testing.assert_allclose(found.models.sums[0, segment], held, rtol=1e-5, atol=1e-5)


def test_the_kinds_are_found_and_predict(baskets: Baskets) -> None:
    found, stream = shops(baskets)
    days = []
    outcome = run(found, stream, SPAN, lambda: days.append(1))
    assert len(days) == DAYS
    assert adjusted_rand_score(KIND, found.memory.segment[0]) > 0.8
    assert (outcome.prequential.mean > 0.1).all()
    assert outcome.weekly.shape == (1, 2)


def test_the_same_seeds_give_the_same_figures(baskets: Baskets) -> None:
    first, second = (run(*shops(baskets), SPAN, lambda: None) for _ in range(2))
    np.testing.assert_array_equal(first.prequential.gained, second.prequential.gained)


def test_nothing_later_changes_what_was_predicted_earlier(baskets: Baskets) -> None:
    early = baskets.day < 18
    cut = Baskets(
        baskets.visitor[early], baskets.basket[early], baskets.category[early], baskets.at_ms[early],
        baskets.names, baskets.households,
    )  # fmt: skip
    whole, part = (run(*shops(data), Span(12, 18), lambda: None) for data in (baskets, cut))
    np.testing.assert_array_equal(whole.prequential.gained, part.prequential.gained)


def test_histories_are_the_numbers_of_redis_as_each_basket_begins(baskets: Baskets) -> None:
    """In reverse within a visitor's day, too: the second basket knows of the first."""
    twice = replace(baskets, at_ms=baskets.at_ms.copy(), basket=baskets.basket.copy())
    second = np.arange(len(twice.at_ms)) % 3 == 2  # the third category of each basket comes an hour later
    twice.at_ms[second] += 3_600_000
    twice.basket[second] += 500
    order = np.argsort(twice.at_ms, kind="stable")
    twice = replace(
        twice, **{name: getattr(twice, name)[order] for name in ("visitor", "basket", "category", "at_ms")}
    )
    half_lives_ms = (1_800_000, 7 * DAY_MS)
    for day in HistoryStream(twice, half_lives_ms).days():
        for i, visitor in enumerate(day.who):
            at_ms = day.histories.at_ms[i]
            past = (twice.visitor == visitor) & (twice.at_ms < at_ms)
            for j, h in enumerate(half_lives_ms):
                weight = PURCHASE * 2.0 ** (-(at_ms - twice.at_ms[past]) / h)
                expected = np.bincount(twice.category[past], weights=weight, minlength=VALUES)
                found = value_at(day.histories.values[j, i], at_ms, h)
                np.testing.assert_allclose(found, expected, rtol=1e-6)
                assert value_at(day.histories.totals[j, i], at_ms, h) == pytest.approx(weight.sum(), rel=1e-6)
            now = (twice.visitor == visitor) & (twice.at_ms == at_ms)
            assert set(np.flatnonzero(day.chosen[i])) == set(twice.category[now])


def test_own_preferences_beat_everybodys_and_segments_help(baskets: Baskets) -> None:
    found, stream = shops(baskets)
    history = record(found, stream, lambda: None)

    def bits(make: type[Predictor], *rest: object, days: tuple[int, ...] = (90,)) -> float:
        histories = HistoryStream(baskets, tuple(d * DAY_MS for d in days))
        predictor = make(histories.half_lives_ms, *rest)
        shown = history if rest and rest[-1] is True else None
        (score,) = Preferences(baskets, [predictor], histories, shown).run(SPAN, True, lambda: None)
        assert 0 <= score.ndcg <= 1
        assert 0 <= score.recall <= 1
        return score.bits

    for predictor, settings in ((OfMixture, MixtureSettings()), (Choice, ChoiceSettings())):
        alone = bits(predictor, VALUES, settings, False, days=(1, 7, 90))
        together = bits(predictor, VALUES, settings, True, days=(1, 7, 90))
        assert together > alone > 0
    assert bits(Popular) == pytest.approx(0, abs=1e-9)
    assert np.isfinite([bits(Flat, 5.0), bits(EqualMix, days=(7, 90)), bits(GammaPoisson, 2)]).all()
