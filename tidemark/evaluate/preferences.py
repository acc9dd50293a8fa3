"""`tidemark evaluate preferences`: the next basket of every shopper, and what is known of their tastes."""

from collections.abc import Callable
from dataclasses import dataclass

from operators.maths.preference_mixture import MixtureSettings
from tidemark.evaluate.baskets import DAY_MS, MID_YEAR, Baskets
from tidemark.evaluate.own_preferences import LONG_MS, RECENT_MS, Preferences, Score
from tidemark.evaluate.predictors import EqualMix, Flat, GammaPoisson, OfMixture, Popular, Predictor
from tidemark.evaluate.results import Row
from tidemark.evaluate.segment_history import SegmentHistory, record
from tidemark.evaluate.segments import DATA, EIGHT, SAMPLE, SETTINGS, Tick
from tidemark.evaluate.shops import SEEDS, Shops, Span
from tidemark.evaluate.visit_stream import VisitStream

SECOND_HALF = Span(MID_YEAR, 366)
MIXTURE = MixtureSettings()
GOALS = {
    "ndcg_10": ("≥", 0.400),
    "bits_own": ("≥", 0.460),
    "bits_own_frozen": ("≥", 0.362),
}


@dataclass(frozen=True)
class Subject:
    """One line of the table. segments : it is given those of the job, five seeds of them."""

    name: str
    predictor: Callable[[int, int], Predictor]
    horizons_ms: tuple[int, ...] = (LONG_MS, RECENT_MS)
    segments: bool = False


def mixture(with_segments: bool = True) -> Callable[[int, int], Predictor]:
    return lambda horizons, values: OfMixture(horizons, values, MIXTURE, with_segments)


NEXT_BASKET = [
    Subject("tidemark", mixture(False)),
    Subject("most popular", lambda *_: Popular()),
    Subject("half-life 90 d", lambda *_: Flat(1.0)),
    Subject("half-life 90 d + Gamma-Poisson", lambda *_: GammaPoisson()),
    Subject("equal mix of 7, 30, 180 d", lambda *_: EqualMix(), (7 * DAY_MS, 30 * DAY_MS, 180 * DAY_MS)),
]
OWN = [
    Subject("tidemark", mixture(), segments=True),
    Subject("without the segment", mixture(False)),
    Subject("one horizon (90 d)", mixture(), (LONG_MS,), segments=True),
    Subject("horizons of 7, 30, 90, 365 d", mixture(), (LONG_MS, RECENT_MS, 30 * DAY_MS, 365 * DAY_MS), True),
    Subject("half-life 90 d, flat prior", lambda *_: Flat(60.0)),
    Subject("half-life 90 d + Gamma-Poisson", lambda *_: GammaPoisson()),
]


def next_basket(baskets: Baskets, subject: Subject, tick: Tick) -> list[Row]:
    """Recall and NDCG at ten over all baskets of the second half."""
    (score,) = _scores(baskets, subject, None, True, tick)
    return [
        Row.over("recall_10", DATA, subject.name, [score.recall]),
        Row.over("ndcg_10", DATA, subject.name, [score.ndcg]),
    ]


class Own:
    """Bits per purchase over everybody's distribution; the segments are learned once for all subjects."""

    def __init__(self, baskets: Baskets) -> None:
        self._baskets = baskets
        self._history: SegmentHistory | None = None

    def __call__(self, subject: Subject, tick: Tick) -> list[Row]:
        history = self._segments() if subject.segments else None
        scores = _scores(self._baskets, subject, history, False, tick)
        return [
            Row.over("bits_own", DATA, subject.name, [score.bits for score in scores]),
            Row.over("bits_own_frozen", DATA, subject.name, [score.frozen for score in scores]),
        ]

    def _segments(self) -> SegmentHistory:
        if self._history is None:
            stream = VisitStream(self._baskets, SETTINGS.half_lives.long_ms)
            shops = Shops(stream, len(self._baskets.households), SETTINGS, EIGHT, SAMPLE)
            self._history = record(shops, stream, lambda: None)
        return self._history


def _scores(
    baskets: Baskets, subject: Subject, history: SegmentHistory | None, ranking: bool, tick: Tick
) -> list[Score]:
    streams = [VisitStream(baskets, half_life_ms) for half_life_ms in subject.horizons_ms]
    shops = 1 if history is None else len(SEEDS)
    predictors = [subject.predictor(len(streams), len(baskets.names)) for _ in range(shops)]
    return Preferences(baskets, predictors, streams, history).run(SECOND_HALF, ranking, tick)
