"""The bytes of what `article_keywords` said of an article, as the job `article_scores` keeps it."""

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.packed import packed, unpacked


@dataclass(frozen=True, eq=False)
class ArticleTerms:
    """version_ms : event time of the article's publication or change. term : (m,) rows of the terms' models.
    weight : (m,), see `keyword_prior.Terms`.
    """

    VERSION: ClassVar[int] = 1

    version_ms: int
    term: NDArray[np.int64]
    weight: NDArray[np.float64]

    def to_bytes(self) -> bytes:
        return packed(self.VERSION, {"version_ms": self.version_ms}, [self.term, self.weight])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no such state."""
        said, (term, weight) = unpacked(blob, cls.VERSION, "article's terms")
        return cls(said["version_ms"], term, weight)


@dataclass(frozen=True, eq=False)
class TermModel:
    """What articles with a term have taught. mean : (d,). precision : (d, d), symmetric."""

    VERSION: ClassVar[int] = 1

    mean: NDArray[np.float64]
    precision: NDArray[np.float64]

    def to_bytes(self) -> bytes:
        """ValueError: a number is NaN or infinite; such a state must not be kept."""
        if not (np.isfinite(self.mean).all() and np.isfinite(self.precision).all()):
            raise ValueError("a term's model holds NaN or infinity")
        return packed(self.VERSION, {}, [self.mean, self.precision])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no such state."""
        _, (mean, precision) = unpacked(blob, cls.VERSION, "term's model")
        return cls(mean, precision)
