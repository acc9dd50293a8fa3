"""What places a reader: its latest clicks, and the dimensions that say what they mean; keys and bytes."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from schemas.article_scores import ABSORBED, AT
from schemas.article_terms import LEVELS, TERMS, WIDTH, Terms

MOST_RECENT: Final = 100
"""Articles that are kept of a visitor."""

RECENT: Final = "recent"  # field of a visitor's hash: `RecentArticles.to_json`

Numbers = NDArray[np.float32]


def recent_key(namespace: str, generation: int, visitor: str) -> str:
    """Hash with the field `RECENT`. The visitor's id is the hash tag, as in all keys of a visitor."""
    return f"{namespace}:{{{visitor}}}:articles:{generation}"


def readers_key(namespace: str, generation: int) -> str:
    """Hash: `ReaderAxes.fields`."""
    return f"{namespace}:{{article-scores:{generation}}}:readers"


@dataclass(frozen=True)
class RecentArticles:
    """What a visitor clicked, the latest first, each once, at most `MOST_RECENT`.

    at_ms, since_ms : latest and earliest click that is in it. The Redis functions `assign` and `unassign`
    compare the one with what is there and the other with the visitor's tombstone.
    """

    at_ms: int
    since_ms: int
    articles: tuple[str, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "RecentArticles":
        """What `to_json` wrote. ValueError: it is something else."""
        try:
            said = json.loads(text)
            return cls(said["at_ms"], said["since_ms"], tuple(said["articles"]))
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a visitor's recent articles: {error!r}") from error


@dataclass(frozen=True, eq=False)
class ReaderAxes:
    """One fit of `operators.maths.articles.reader_dimensions`, of the B buckets of articles that it has seen.

    at_ms, fits : latest list that it was fitted on, and how many fits there were; the greater pair is newer.
    The hash is replaced whole, so two fits never mix.
    buckets : how many there are in all. bucket : (B,), ascending. idf : (B,), positive. axes : (B, D).
    centre : (D,).
    terms : (B, LEVELS, WIDTH) of the articles, see `schemas.article_terms`. share, strength : of
        `operators.maths.articles.reader_tastes.Tastes`.
    """

    at_ms: int
    fits: int
    buckets: int
    bucket: NDArray[np.uint32]
    idf: Numbers
    axes: Numbers
    centre: Numbers
    terms: Terms
    share: Numbers
    strength: Numbers

    def fields(self) -> dict[bytes, bytes]:
        """All of the hash; numbers big-endian, of four bytes."""
        return {
            AT: b"%d" % self.at_ms,
            ABSORBED: b"%d" % self.fits,
            b"buckets": b"%d" % self.buckets,
            b"bucket": self.bucket.astype(">u4").tobytes(),
            b"terms": self.terms.astype(">u2").tobytes(),
            **{name.encode(): getattr(self, name).astype(">f4").tobytes() for name in _NUMBERS},
        }

    @classmethod
    def from_fields(cls, found: Mapping[bytes, bytes]) -> "ReaderAxes | None":
        """What `fields` wrote; None: there is nothing. ValueError: it is something else."""
        if not found:
            return None
        try:
            bucket = np.frombuffer(found[b"bucket"], ">u4").astype(np.uint32)
            found = {**_no_terms(len(bucket)), **found}
            terms = np.frombuffer(found[b"terms"], ">u2").astype(np.uint16)
            idf, axes, centre, share, strength = (
                np.frombuffer(found[name.encode()], ">f4").astype(np.float32) for name in _NUMBERS
            )
            times = int(found[AT]), int(found[ABSORBED]), int(found[b"buckets"])
        except KeyError as error:
            raise ValueError(f"not the dimensions of readers: {error!r}") from error
        axes, terms = axes.reshape(len(bucket), len(centre)), terms.reshape(len(bucket), LEVELS, WIDTH)
        return cls(*times, bucket, idf, axes, centre, terms, share, strength)


def _no_terms(articles: int) -> dict[bytes, bytes]:
    """What was written before there were terms says nothing of tastes."""
    one = np.ones(LEVELS, ">f4").tobytes()
    return {
        b"terms": bytes(2 * LEVELS * WIDTH * articles),
        b"share": bytes(4 * TERMS),
        b"strength": one,
    }


_NUMBERS = ("idf", "axes", "centre", "share", "strength")
