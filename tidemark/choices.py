"""What a visitor chooses next, from what Redis holds: the twin of `choice_model` without numpy."""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from operator import mul

from schemas.preferences import unpack
from tidemark.smoothing import weight_at

DAY_MS = 86_400_000
KNOTS = (0.1, 1.0, 4.0, 10.0, 25.0, 60.0)
LEAST_DAYS, LONGEST_DAYS = 0.05, 60.0
SAY_OF_SEGMENT = 0.5  # of how much more a segment takes of a value than everybody: the power that counts

_LOG_KNOTS = [math.log(knot + LEAST_DAYS) for knot in KNOTS]

Numbers = tuple[float, ...]  # log2 S + T/h of each horizon


class Choices:
    """The choice model of one facet, as the client keeps it for a minute.

    at_ms : event time as of which it stands. learned : choices that it was learned from.
    """

    def __init__(self, fields: Mapping[bytes, bytes]) -> None:
        """fields : of the hash in Redis, with its summary."""
        summary = json.loads(fields[b"!"])
        self.at_ms: int = summary["at"]
        self.learned: int = summary["learned"]
        self._smoothing: float = summary["smoothing"]
        self._other: tuple[float, Numbers] = summary["rest"], tuple(summary["shared"])
        numbers = {field[1:]: unpack(packed) for field, packed in fields.items() if field != b"!"}
        self._values = {value: (found[0], found[1:]) for value, found in numbers.items()}

    @classmethod
    def of(cls, fields: Mapping[bytes, bytes]) -> "Choices | None":
        """None: nothing has been learned yet."""
        return cls(fields) if b"!" in fields else None

    def shares(
        self,
        own: Mapping[bytes, Numbers],
        totals: Numbers | None,
        half_lives_ms: Sequence[int],
        at_ms: int,
        lifts: Mapping[bytes, float] | None = None,
    ) -> dict[bytes, float]:
        """Of every value of the model and of the visitor: the share of what it takes next; they sum to one.

        own : the visitor's numbers of each value. totals : of the facet; None: the visitor is unknown there.
        at_ms : no earlier than the visitor's latest event. lifts : how much more the visitor's segment takes
        of a value than everybody, a ratio; 1 for the others.
        """
        known = {value: self._values.get(value, self._other) for value in own} | self._values
        means = _means({value: share for value, (share, _) in known.items()}, lifts or {})
        context = _Context(totals, half_lives_ms, at_ms, self._smoothing)
        never = context.features(None, 1.0)
        scores = {}
        for value, (_, weights) in known.items():
            numbers, mean = own.get(value), means[value]
            features = never if numbers is None else context.features(numbers, mean)
            scores[value] = math.log(mean) + sum(map(mul, weights, features))
        top = max(scores.values(), default=0.0)
        odds = {value: math.exp(score - top) for value, score in scores.items()}
        total = sum(odds.values())
        return {value: odd / total for value, odd in odds.items()}


def _means(shares: Mapping[bytes, float], lifts: Mapping[bytes, float]) -> dict[bytes, float]:
    """Between everybody's shares and the segment's; as they are where nothing is known of it."""
    if not lifts:
        return dict(shares)
    means = {value: share * lifts.get(value, 1.0) ** SAY_OF_SEGMENT for value, share in shares.items()}
    total = sum(means.values()) / sum(shares.values())
    return {value: mean / total for value, mean in means.items()}


class _Context:
    """What the features of all values have in common; `choice_features` defines them."""

    def __init__(
        self, totals: Numbers | None, half_lives_ms: Sequence[int], at_ms: int, smoothing: float
    ) -> None:
        self._h, self._at_ms, self._smoothing = half_lives_ms, at_ms, smoothing
        self._clock = min(range(len(half_lives_ms)), key=half_lives_ms.__getitem__)
        self._long = max(range(len(half_lives_ms)), key=lambda j: (half_lives_ms[j], -j))
        self._e = [0.0] * len(half_lives_ms) if totals is None else self._weights(totals)
        away = LONGEST_DAYS if totals is None else min(self._days(totals), LONGEST_DAYS)
        self._log_away = math.log(away + LEAST_DAYS)
        phase = 2 * math.pi * (at_ms % (7 * DAY_MS)) / DAY_MS
        self._phases = math.sin(phase / 7), math.cos(phase / 7), math.sin(phase), math.cos(phase)

    def features(self, numbers: Numbers | None, mean: float) -> list[float]:
        """Of a value with these numbers, None: never chosen; mean : its share among everybody."""
        beta = self._smoothing
        c = [0.0] * len(self._h) if numbers is None else self._weights(numbers)
        L = [math.log((c_h / mean + beta) / (e_h + beta)) for c_h, e_h in zip(c, self._e, strict=True)]
        long = L[self._long]
        log_age = 0.0 if numbers is None else math.log(self._days(numbers) + LEAST_DAYS)
        seen = 0.0 if numbers is None else 1.0
        return [
            1.0,
            *(L_h / 2 for L_h in L),
            *(long * L_h / 8 for L_h in L),
            self._log_away / 2,
            long * self._log_away / 4,
            math.log1p(self._e[self._long]) / 4,
            seen,
            *(seen * piece for piece in _pieces(log_age)),
            long * log_age / 4,
            *self._phases,
        ]

    def _weights(self, numbers: Numbers) -> list[float]:
        return [weight_at(x, self._at_ms, h) for x, h in zip(numbers, self._h, strict=True)]

    def _days(self, numbers: Numbers) -> float:
        """Since the last event, which the shortest horizon tells."""
        return max(self._at_ms - self._h[self._clock] * numbers[self._clock], 0.0) / DAY_MS


def _pieces(log_age: float) -> Iterable[float]:
    return (min(max(log_age, low), high) - low for low, high in pairwise(_LOG_KNOTS))
