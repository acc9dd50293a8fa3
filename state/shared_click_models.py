"""The bytes of what all articles share in the job `article_scores`."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.packed import packed, unpacked

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MixtureState:
    """A model at several rates of forgetting. mean : (members, d). precision : (members, d, d).

    prior : (d,) variances. log_weight : (members,). at_ms : event time of the latest batch learnt.
    """

    prior: Floats
    mean: Floats
    precision: Floats
    log_weight: Floats
    at_ms: int


@dataclass(frozen=True, eq=False)
class SharedClickModels:
    """full, served : two models. bins, loss, scored_ms : prequential scores. chances, outcomes, impressions,
    at_ms : sums, and time of the latest list."""

    VERSION: ClassVar[int] = 1

    full: MixtureState
    served: MixtureState
    bins: Floats
    loss: float
    scored_ms: int
    chances: float
    outcomes: int
    impressions: int
    at_ms: int

    def to_bytes(self) -> bytes:
        """ValueError: a weight is NaN or infinite; such a state must not be kept."""
        arrays = [
            array
            for of in (self.full, self.served)
            for array in (of.prior, of.mean, of.precision, of.log_weight)
        ]
        if not all(np.isfinite(array).all() for array in arrays):
            raise ValueError("a shared click model holds NaN or infinity")
        said = {
            name: getattr(self, name)
            for name in ("loss", "scored_ms", "chances", "outcomes", "impressions", "at_ms")
        }
        learnt = [self.full.at_ms, self.served.at_ms]
        return packed(self.VERSION, {**said, "learnt_ms": learnt}, [*arrays, self.bins])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no such state."""
        said, arrays = unpacked(blob, cls.VERSION, "shared click models")
        full_ms, served_ms = said.pop("learnt_ms")
        *full, bins = arrays[:4] + arrays[8:]
        return cls(_mixture(full, full_ms), _mixture(arrays[4:8], served_ms), bins, **said)


def _mixture(arrays: list[NDArray[Any]], at_ms: int) -> MixtureState:
    prior, mean, precision, log_weight = arrays
    return MixtureState(prior, mean, precision, log_weight, at_ms)
