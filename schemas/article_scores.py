"""What a storefront scores articles from: a model an article, and the one that all share; keys and bytes."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.article_terms import LEVELS, WIDTH, Terms

AT: Final = b"!at"  # field: latest event time that is in it, epoch milliseconds in decimal
ABSORBED: Final = b"!absorbed"  # field: how many events are in it, in decimal: of one time, more are newer
MODEL: Final = b"model"  # field of an article: `ServedArticles.pack`
TERMS_BYTES: Final = 2 * LEVELS * WIDTH

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def article_key(namespace: str, generation: int, article_id: str) -> str:
    """Hash: an article's statistics and posterior. Its id is part of the hash tag."""
    return f"{namespace}:{{article:{article_id}}}:model:{generation}"


def shared_key(namespace: str, generation: int) -> str:
    """Hash: `SharedModel.fields`."""
    return f"{namespace}:{{article-scores:{generation}}}:shared"


@dataclass(frozen=True, eq=False)
class ServedArticles:
    """A articles, at H half-lives, for readers of D dimensions.

    at_ms, absorbed : (A,) latest event time and count of events in the numbers: the greater pair is newer.
    first_ms : (A,), of the first impression; the greatest integer before it.
    sums : (A, 4, H) decayed, as of `at_ms`: shown, clicks, chances, labelled; see `click_rates.Counts`.
    mean : (A, D + 1) log-odds, of an intercept and a unit of each dimension. root : (A, D + 1, D + 1), lower
        triangles with root rootᵀ the covariance of these.
    terms : (A, LEVELS, WIDTH), see `schemas.article_terms`.
    """

    at_ms: Ints
    absorbed: Ints
    first_ms: Ints
    sums: Floats
    mean: Floats
    root: Floats
    terms: Terms

    def pack(self) -> list[bytes]:
        """Of each article. ValueError: a number is not finite; such a model must not be served."""
        half_lives, k = self.sums.shape[2], self.mean.shape[1]
        rows = np.empty(len(self.at_ms), _layout(half_lives, k))
        for field in fields(self):
            rows[field.name] = getattr(self, field.name) if field.name != "root" else self.root[_lower(k)]
            if not np.isfinite(rows[field.name]).all():
                raise ValueError(f"{field.name} of an article holds NaN or infinity")
        size = rows.itemsize
        packed = rows.tobytes()
        return [packed[start : start + size] for start in range(0, len(packed), size)]

    @classmethod
    def unpack(cls, packed: Sequence[bytes], half_lives: int, dimensions: int) -> "ServedArticles":
        """What `pack` gave, with terms or before there were any.

        ValueError: they are of other half-lives or dimensions.
        """
        k = dimensions + 1
        layout = _layout(half_lives, k)
        size = layout.itemsize
        packed = [one.ljust(size, b"\0") if len(one) == size - TERMS_BYTES else one for one in packed]
        if any(len(one) != size for one in packed):
            raise ValueError(f"not articles of {half_lives} half-lives and {dimensions} dimensions")
        rows = np.frombuffer(b"".join(packed), layout)
        root = np.zeros((len(rows), k, k))
        root[_lower(k)] = rows["root"]
        return cls(
            at_ms=rows["at_ms"].astype(np.int64),
            absorbed=rows["absorbed"].astype(np.int64),
            first_ms=rows["first_ms"].astype(np.int64),
            sums=rows["sums"].astype(np.float64),
            mean=rows["mean"].astype(np.float64),
            root=root,
            terms=rows["terms"].astype(np.uint16),
        )


@dataclass(frozen=True, eq=False)
class SharedModel:
    """What all articles share: how their statistics are weighed for a reader.

    at_ms, absorbed : see `ServedArticles`.
    mean, covariance : (d,), (d, d) of the weights of `click_features.features` with the groups `SERVED`.
    mean_chance : everybody's chance of a click, per impression.
    half_lives_ms : (H,) of articles' sums. dimensions : D of readers. variance : of each coefficient of an
        article nobody has seen.
    """

    at_ms: int
    absorbed: int
    mean: Floats
    covariance: Floats
    mean_chance: float
    half_lives_ms: tuple[float, ...]
    dimensions: int
    variance: float

    def fields(self) -> dict[bytes, bytes]:
        """All of the hash. ValueError: a weight is not finite."""
        if not (np.isfinite(self.mean).all() and np.isfinite(self.covariance).all()):
            raise ValueError("the shared click model holds NaN or infinity")
        said = {
            "half_lives_ms": [h if np.isfinite(h) else None for h in self.half_lives_ms],
            "mean_chance": self.mean_chance,
            "dimensions": self.dimensions,
            "variance": self.variance,
        }
        return {
            AT: b"%d" % self.at_ms,
            ABSORBED: b"%d" % self.absorbed,
            b"mean": self.mean.astype(">f8").tobytes(),
            b"covariance": self.covariance.astype(">f8").tobytes(),
            b"config": json.dumps(said).encode(),
        }

    @classmethod
    def from_fields(cls, found: Mapping[bytes, bytes]) -> "SharedModel | None":
        """What `fields` wrote; None: there is nothing. ValueError: it is something else."""
        if not found:
            return None
        try:
            said = json.loads(found[b"config"])
            mean = np.frombuffer(found[b"mean"], ">f8").astype(np.float64)
            covariance = np.frombuffer(found[b"covariance"], ">f8").astype(np.float64)
            return cls(
                int(found[AT]),
                int(found[ABSORBED]),
                mean,
                covariance.reshape(len(mean), len(mean)),
                said["mean_chance"],
                tuple(np.inf if h is None else float(h) for h in said["half_lives_ms"]),
                said["dimensions"],
                said["variance"],
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a shared click model: {error!r}") from error


def _layout(half_lives: int, k: int) -> np.dtype:  # type: ignore[type-arg]
    """Of one article: three times and counts of 8 bytes, numbers of 4, terms of 2, all big-endian."""
    times = [(name, ">i8") for name in ("at_ms", "absorbed", "first_ms")]
    numbers = [("sums", (4, half_lives)), ("mean", (k,)), ("root", (k * (k + 1) // 2,))]
    terms = ("terms", ">u2", (LEVELS, WIDTH))
    return np.dtype([*times, *((name, ">f4", shape) for name, shape in numbers), terms])


def _lower(k: int) -> tuple[slice, Ints, Ints]:
    """Where the lower triangles of (A, k, k) are, row after row."""
    row, column = np.tril_indices(k)
    return slice(None), row, column
