"""`tidemark evaluate preferences`: the next basket of every shopper, and what is known of their tastes."""

from collections.abc import Callable
from dataclasses import dataclass

from flink_jobs.config import VisitorPreferencesConfig
from operators.maths.arrays import Floats
from operators.maths.preferences.choice_model import ChoiceSettings
from operators.maths.preferences.preference_mixture import MixtureSettings
from tidemark.evaluate.baskets import DAY_MS, MID_YEAR, Baskets
from tidemark.evaluate.history_stream import HistoryStream
from tidemark.evaluate.own_preferences import LONG_MS, Preferences, Score
from tidemark.evaluate.predictors import Choice, EqualMix, Flat, GammaPoisson, OfMixture, Popular, Predictor
from tidemark.evaluate.results import Row
from tidemark.evaluate.segment_history import SegmentHistory, record
from tidemark.evaluate.segments import DATA, EIGHT, SAMPLE, SETTINGS, Tick
from tidemark.evaluate.shops import SEEDS, Shops, Span
from tidemark.evaluate.visit_stream import VisitStream

SECOND_HALF = Span(MID_YEAR, 366)
GOALS = {
    "ndcg_10": ("≥", 0.400),
    "bits_own": ("≥", 0.460),
    "bits_own_frozen": ("≥", 0.362),
}


@dataclass(frozen=True)
class Subject:
    """One line of the table. segments : it is given those of the job, five seeds of them."""

    name: str
    predictor: Callable[[Floats, int], Predictor]
    horizons_ms: tuple[int, ...]
    segments: bool = False


def choice(with_segments: bool = True) -> Callable[[Floats, int], Predictor]:
    return lambda half_lives_ms, values: Choice(half_lives_ms, values, ChoiceSettings(), with_segments)


def mixture(with_segments: bool = True) -> Callable[[Floats, int], Predictor]:
    return lambda half_lives_ms, values: OfMixture(half_lives_ms, values, MixtureSettings(), with_segments)


JOB_MS = VisitorPreferencesConfig().half_lives_ms
MIXED_MS = (LONG_MS, 7 * DAY_MS)
NEXT_BASKET = [
    Subject("tidemark", choice(False), JOB_MS),
    Subject("mixture of horizons' shares", mixture(False), MIXED_MS),
    Subject("most popular", lambda h, _: Popular(h), (LONG_MS,)),
    Subject("half-life 90 d", lambda h, _: Flat(h, 1.0), (LONG_MS,)),
    Subject("half-life 90 d + Gamma-Poisson", lambda h, _: GammaPoisson(h), (LONG_MS,)),
    Subject("equal mix of 7, 30, 180 d", lambda h, _: EqualMix(h), (7 * DAY_MS, 30 * DAY_MS, 180 * DAY_MS)),
]
OWN = [
    Subject("tidemark", choice(), JOB_MS, segments=True),
    Subject("without the segment", choice(False), JOB_MS),
    Subject("mixture of horizons' shares, and the segment", mixture(), MIXED_MS, segments=True),
    Subject("mixture of horizons' shares", mixture(False), MIXED_MS),
    Subject("half-life 90 d, flat prior", lambda h, _: Flat(h, 60.0), (LONG_MS,)),
    Subject("half-life 90 d + Gamma-Poisson", lambda h, _: GammaPoisson(h), (LONG_MS,)),
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
    stream = HistoryStream(baskets, subject.horizons_ms)
    shops = 1 if history is None else len(SEEDS)
    predictors = [subject.predictor(stream.half_lives_ms, len(baskets.names)) for _ in range(shops)]
    return Preferences(baskets, predictors, stream, history).run(SECOND_HALF, ranking, tick)
