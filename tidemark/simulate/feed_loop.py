"""The closed loop of a feed: readers ask, lists are shown, clicks follow and are learnt minutes later."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from tidemark.simulate.feed_policies import FeedPolicy
from tidemark.simulate.feed_world import Asked, FeedWorld

LABEL_DELAY_MS = 300_000  # the attribution window, as in the job
SPAN_MS = 300_000
"""Event time of a batch."""


@dataclass(frozen=True)
class Log:
    """All n impressions of a run, in their order.

    at_ms, article, clicked, truth : (n,); truth is the true probability. probability, low, high : (n,) what
    was expected of each; empty where nothing was.
    """

    at_ms: Ints
    article: Ints
    clicked: Floats
    truth: Floats
    probability: Floats
    low: Floats
    high: Floats


def run(
    world: FeedWorld,
    policy: FeedPolicy,
    luck: int,
    tick: Callable[[], object] = lambda: None,
    visits: Iterable[Asked] | None = None,
) -> Log:
    """All hours of a world. luck : seed of who clicks. `tick` is called after each batch.

    visits : `world.batches(SPAN_MS)`, if they are at hand: they are the same for all policies.
    """
    random = np.random.default_rng([world.seed, 2, luck])
    waiting: deque[tuple[int, Ints, Ints, Floats]] = deque()
    parts: list[tuple[Floats, ...]] = []
    for asked in world.batches(SPAN_MS) if visits is None else visits:
        while waiting and waiting[0][0] + LABEL_DELAY_MS <= asked.at_ms:
            policy.learn(*waiting.popleft())
        shown = policy.rank(asked, world.parameters.shown)
        article = np.take_along_axis(asked.candidates, shown.place, axis=1)
        truth = np.take_along_axis(asked.probability, shown.place, axis=1)
        clicked = (random.random(truth.shape) < truth).astype(np.float64)
        waiting.append((asked.at_ms, asked.reader, article, clicked))
        expected = [of for of in (shown.probability, shown.low, shown.high) if of is not None]
        at_ms = np.full(truth.shape, asked.at_ms)
        parts.append(tuple(of.ravel() for of in (at_ms, article, clicked, truth, *expected)))
        tick()
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    nothing = [np.zeros(0)] * (7 - len(columns))
    return Log(*columns, *nothing)
