"""A small simulated feed: its truth, the product in it, and that nothing is learnt too early."""

from dataclasses import replace

import numpy as np
import pytest

from tidemark.simulate.feed_loop import LABEL_DELAY_MS, Log, run
from tidemark.simulate.feed_parameters import TOPIC_SHARES, FeedParameters
from tidemark.simulate.feed_policies import ByChance, BySmoothedRate, FeedPolicy, Oracle, Shown
from tidemark.simulate.feed_product import FeedProduct, FeedSettings
from tidemark.simulate.feed_world import ARCHIVE, HOUR_MS, START_MS, Asked, FeedWorld

SMALL = FeedParameters(hours=3, readers=60, lists_an_hour=60.0, candidates=20, shown=4)


def clicks(policy: FeedPolicy, parameters: FeedParameters = SMALL, seed: int = 1) -> Log:
    return run(FeedWorld(parameters, seed), policy, 0)


def test_a_seed_is_a_world_and_another_is_another() -> None:
    one, same, other = (clicks(Oracle(), seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.truth, same.truth)
    assert len(other.truth) != len(one.truth) or (other.truth != one.truth).any()


def test_an_average_article_has_the_click_rate_and_spreads_as_its_parameters_say() -> None:
    world = FeedWorld(replace(SMALL, readers=400), 3)
    old = np.arange(ARCHIVE)
    truth = world.probability(np.arange(400)[:, None], old, START_MS)
    assert truth.mean() == pytest.approx(SMALL.click_rate, rel=0.2)
    logit = np.log(truth / (1 - truth))
    everybody = np.hypot(np.hypot(SMALL.appeal, SMALL.topic_taste), SMALL.theme_taste)
    assert logit.std() == pytest.approx(everybody, rel=0.2)


def test_readers_have_clicked_what_is_of_their_taste() -> None:
    strong = replace(SMALL, topic_taste=3.0, theme_taste=0.0, appeal=0.0, drifting=0.0)
    world = FeedWorld(strong, 4)
    mine = [
        world.probability(np.array(r), np.array(h), START_MS).mean() for r, h in enumerate(world.histories)
    ]
    everything = world.probability(np.arange(strong.readers)[:, None], np.arange(ARCHIVE), START_MS).mean()
    assert np.mean(mine) > 2 * everything


def test_candidates_are_alive_and_fade() -> None:
    world = FeedWorld(replace(SMALL, fading=0.5, fading_spread=0.0), 5)
    for asked in world.batches(HOUR_MS):
        assert (world.articles.born_ms[asked.candidates] <= asked.at_ms).all()
        assert (world.articles.gone_ms[asked.candidates] > asked.at_ms).all()
    article = np.array([ARCHIVE + 1])
    early, late = (
        world.probability(np.array([0]), article, int(world.articles.born_ms[ARCHIVE + 1]) + hours * HOUR_MS)
        for hours in (0, 4)
    )
    assert np.log(early / (1 - early)) - np.log(late / (1 - late)) == pytest.approx(2.0)


def test_tastes_drift_as_far_as_they_may() -> None:
    world = FeedWorld(replace(SMALL, hours=200, lists_an_hour=0.0, drifting=0.3, drift_h=1.0), 6)
    before = world._tastes().copy()
    for _ in world.batches(100 * HOUR_MS):
        pass
    spread = np.repeat([SMALL.topic_taste, SMALL.theme_taste], [14, 14 * SMALL.themes])
    assert len(TOPIC_SHARES) == 14
    together = ((before / spread) * (world._tastes() / spread)).mean()
    assert together == pytest.approx(0.7, abs=0.05)


class Watched:
    """A policy that checks what it has been told."""

    def __init__(self) -> None:
        self.asked, self.told = list[int](), list[int]()

    def rank(self, asked: Asked, shown: int) -> Shown:
        assert self.told == [at_ms for at_ms in self.asked if at_ms + LABEL_DELAY_MS <= asked.at_ms]
        self.asked.append(asked.at_ms)
        return Shown(np.tile(np.arange(shown), (len(asked.reader), 1)))

    def learn(self, at_ms: int, reader: np.ndarray, article: np.ndarray, clicked: np.ndarray) -> None:  # type: ignore[type-arg]
        assert reader.shape[0] == article.shape[0] == clicked.shape[0]
        self.told.append(at_ms)


def test_outcomes_are_told_once_in_their_order_and_after_the_delay() -> None:
    watched = Watched()
    clicks(watched)
    assert len(watched.told) > 30


def test_knowing_the_truth_earns_more_than_rates_and_these_more_than_chance() -> None:
    longer = replace(SMALL, hours=20)
    articles = len(FeedWorld(longer, 7).articles.born_ms)
    rates = [
        clicks(policy, longer, 7).truth.mean()
        for policy in (ByChance(7), BySmoothedRate(articles, np.inf, 20.0, 7), Oracle())
    ]
    assert rates == sorted(rates)
    assert rates[2] > 1.5 * rates[0]


@pytest.mark.parametrize("explore", [True, False, None])
def test_the_product_expects_what_comes(explore: bool | None) -> None:
    longer = replace(SMALL, hours=8)
    world = FeedWorld(longer, 8)
    log = run(world, FeedProduct(world, FeedSettings(explore=explore), 8), 0)
    assert (log.low < log.high).all()
    later = log.at_ms > START_MS + 4 * HOUR_MS
    assert ((log.low < log.probability) & (log.probability < log.high))[later].mean() > 0.99
    assert log.probability[later].mean() == pytest.approx(log.truth[later].mean(), rel=1.0)


def test_by_chance_the_same_is_shown_whatever_is_expected() -> None:
    logs = []
    for told in (True, False):
        world = FeedWorld(SMALL, 9)
        logs.append(run(world, FeedProduct(world, FeedSettings(explore=None, told=told), 9), 0))
    np.testing.assert_array_equal(logs[0].article, logs[1].article)
    assert (logs[0].probability != logs[1].probability).any()
