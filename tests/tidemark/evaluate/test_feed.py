"""What the evaluation of the simulated feed counts."""

from dataclasses import replace

import numpy as np
import pytest

from tidemark.evaluate.feed import (
    LAST,
    RATES,
    TIDEMARK,
    ColdStart,
    SeedFigures,
    covered,
    measured,
    rows,
    until_known,
)
from tidemark.simulate.feed_loop import Log
from tidemark.simulate.feed_parameters import FeedParameters
from tidemark.simulate.feed_world import HOUR_MS, START_MS


def log(probability: np.ndarray, truth: float = 0.1, articles: int = 3) -> Log:  # type: ignore[type-arg]
    """Impressions 1 to n of every article in turn, expected with these probabilities."""
    n = len(probability)
    p = np.repeat(probability, articles)
    count = n * articles
    at_ms = START_MS + np.arange(count) * 1000
    nothing = np.zeros(count)
    article = np.tile(np.arange(articles), n)
    return Log(at_ms, article, nothing, np.full(count, truth), p, p - 0.05, p + 0.05)


@pytest.mark.parametrize("known_from", [1, 30, 100])
def test_an_article_is_known_from_the_impression_on_whose_loss_is_that_of_the_last(known_from: int) -> None:
    probability = np.where(np.arange(LAST) < known_from, 0.3, 0.1)
    found = until_known(log(probability), np.full(3, START_MS + 1))
    assert known_from / 1.3 <= found <= 1.3 * known_from + 1


def test_articles_that_were_there_before_say_nothing_of_cold_starts() -> None:
    start = np.where(np.arange(LAST) < 50, 0.9, 0.1)
    both = log(start, articles=2)
    flat = replace(both, probability=np.where(both.article == 0, both.probability, 0.1))
    assert until_known(flat, np.array([START_MS - 5, START_MS + 5])) == 1
    assert until_known(flat, np.array([START_MS + 5, START_MS + 5])) > 30


def test_a_world_in_which_nothing_is_shown_often_is_refused() -> None:
    with pytest.raises(ValueError, match="no article born under way was shown 200 times"):
        until_known(log(np.full(LAST - 1, 0.1)), np.full(3, START_MS + 1))


def test_coverage_counts_what_is_shown_after_the_first_quarter() -> None:
    found = log(np.full(40, 0.1))
    hours = 4
    at_ms = START_MS + np.linspace(0, hours * HOUR_MS - 1, len(found.at_ms)).astype(np.int64)
    early = at_ms <= START_MS + HOUR_MS
    truth = np.where(early, 0.9, np.where(np.arange(len(at_ms)) % 2, 0.1, 0.9))
    share = covered(replace(found, at_ms=at_ms, truth=truth), hours)
    assert share == pytest.approx(0.5, abs=0.02)


def test_uplift_is_over_the_best_of_the_rates_seed_by_seed() -> None:
    names = [subject.name for subject in RATES]
    seeds = [
        SeedFigures(
            {TIDEMARK.name: 0.12, names[0]: 0.10, names[1]: 0.01, names[2]: 0.02}, {}, ColdStart(3, 9)
        ),
        SeedFigures(
            {TIDEMARK.name: 0.10, names[0]: 0.10, names[1]: 0.01, names[2]: 0.02}, {}, ColdStart(2, 4)
        ),
    ]
    found = {(row.metric, row.subject): row for row in rows(seeds)}
    uplift = found["clicks_uplift", "tidemark"]
    assert (uplift.value, uplift.low, uplift.high) == pytest.approx((0.1, 0.0, 0.2))
    ratio = found["cold_start_ratio", "tidemark"]
    assert (ratio.low, ratio.high) == pytest.approx((1 / 3, 1 / 2), abs=1e-6)


def test_a_small_world_has_all_figures() -> None:
    small = FeedParameters(
        hours=5, readers=40, lists_an_hour=120.0, candidates=8, shown=6, births_an_hour=0.3
    )
    ticks: list[int] = []
    found = measured(small, 1, ablations=True, tick=lambda: ticks.append(1))
    metrics = {(row.metric, row.subject) for row in rows([found])}
    for metric in ("clicks_uplift", "interval_coverage", "cold_start_ratio"):
        assert (metric, "tidemark") in metrics
    assert ("clicks_uplift", "told the probabilities") in metrics
    assert len(ticks) == 11 * (5 * 12 - 1)
