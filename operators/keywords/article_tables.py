"""How articles are described, and the two tables that the models keep: counts of terms, features of texts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from operators.keywords.stored_rows import Rows, StoredRows
from operators.maths.arrays import Floats, Ints
from operators.maths.keywords.first_weights import first_weights
from operators.maths.keywords.tag_model import TagSettings
from operators.maths.keywords.term_counts import COUNTS, NOTHING


@dataclass(frozen=True)
class DescribeSettings:
    """threshold : probability from which on a candidate is a keyword. most : keywords of an article.

    tags_shown : of each kind, the most probable. half_life_ms : of the counts of terms.
    prior_precision : of the weights of evidence, per column. left_out : columns of evidence that count for
    nothing, to see what each is worth.
    """

    threshold: float = 0.12
    most: int = 10
    tags_shown: int = 3
    half_life_ms: float = 90 * 86_400_000.0
    prior_precision: float = 1.0
    left_out: frozenset[str] = frozenset()
    tags: TagSettings = field(default_factory=TagSettings)


class Tables:
    """The two tables: counts of terms, and features of texts."""

    def __init__(self, terms: Rows, features: Rows, settings: DescribeSettings) -> None:
        of = settings.tags

        def first(rows: Ints) -> Floats:
            embeddings = first_weights(rows, of.dimensions, of.scale)
            return np.concatenate([np.zeros((len(rows), 2)), embeddings], axis=1)

        self.terms = StoredRows(terms, lambda rows: np.full((len(rows), COUNTS), NOTHING), "<f8")
        self.features = StoredRows(features, first)


def indexed(keys: Sequence[Sequence[int]]) -> tuple[Ints, list[Ints]]:
    """The distinct keys of a batch, and of each article its keys as places among them; -1 stays -1."""
    flat = np.array([key for of in keys for key in of], dtype=np.int64)
    distinct = np.unique(flat[flat >= 0])
    places = np.where(flat >= 0, np.searchsorted(distinct, flat), -1)
    return distinct, np.split(places, np.cumsum([len(of) for of in keys])[:-1])
