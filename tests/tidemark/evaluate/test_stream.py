"""The evaluation's stream and shops, on shoppers made up."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from operators.maths.preference_mixture import MixtureSettings
from operators.maths.refit_segments import RefitSettings
from operators.maths.update_segments import SegmentSettings
from tests.tidemark.evaluate.conftest import DAYS, KINDS, VALUES, VISITORS
from tidemark.evaluate.baskets import DAY_MS, Baskets
from tidemark.evaluate.own_preferences import Preferences
from tidemark.evaluate.predictors import EqualMix, Flat, GammaPoisson, OfMixture, Popular
from tidemark.evaluate.segment_history import record
from tidemark.evaluate.shops import Shops, Span, run
from tidemark.evaluate.visit_stream import VisitStream

SPAN = Span(12, DAYS)
SEGMENTS = SegmentSettings(smoothing=20.0)
REFITS = RefitSettings(first_visits=60, least=KINDS, most=KINDS, rounds=2, restarts=2)
KIND = np.arange(VISITORS) % KINDS


def shops(baskets: Baskets, sample: int = 1000) -> tuple[Shops, VisitStream]:
    stream = VisitStream(baskets, SEGMENTS.half_lives.long_ms)
    return Shops(stream, VISITORS, SEGMENTS, REFITS, sample, seeds=(1, 2)), stream


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


def test_own_preferences_beat_everybodys_and_segments_help(baskets: Baskets) -> None:
    settings = MixtureSettings()
    found, stream = shops(baskets)
    history = record(found, stream, lambda: None)

    def bits(predictor: object, with_segments: bool) -> float:
        streams = [VisitStream(baskets, 90 * DAY_MS), VisitStream(baskets, 7 * DAY_MS)]
        shown = replace(history) if with_segments else None
        (score,) = Preferences(baskets, [predictor], streams, shown).run(SPAN, True, lambda: None)  # type: ignore[list-item]
        assert 0 <= score.ndcg <= 1
        assert 0 <= score.recall <= 1
        return score.bits

    alone = bits(OfMixture(2, VALUES, settings, False), False)
    together = bits(OfMixture(2, VALUES, settings, True), True)
    assert bits(Popular(), False) == pytest.approx(0, abs=1e-9)
    assert together > alone > 0
    for plain in (Flat(5.0), EqualMix(), GammaPoisson(every_batches=2)):
        assert np.isfinite(bits(plain, False))
