"""Lists of a micro-batch -> their readers' places and their sketches; no Flink."""

from collections.abc import Iterator, Sequence

import numpy as np

from operators.articles.list_rows import ShownList
from operators.maths.arrays import Floats, Ints
from operators.maths.articles.reader_dimensions import Dimensions, Histories, place
from operators.maths.articles.reader_tastes import Tastes, match, profile
from operators.maths.articles.slate_sketch import sketch
from operators.maths.segments.dimensions import hashed_dimensions
from schemas.article_hash import article_hash
from schemas.article_terms import LEVELS, Terms
from state.placed_list import PlacedList
from state.reader_space import ReaderSpace


def buckets_of(articles: Sequence[str], buckets: int) -> Ints:
    """(n,) of articles in histories."""
    hashes = np.array([article_hash(article) for article in articles], dtype=np.uint64)
    return hashed_dimensions(hashes, buckets)


def clicked_buckets(shown: Sequence[ShownList], buckets: int) -> list[Ints]:
    """Of what each list's reader clicked before."""
    articles = buckets_of([article for of in shown for article in of.recent], buckets)
    return np.split(articles, np.cumsum([len(of.recent) for of in shown])[:-1]) if shown else []


def histories_of(readers: Sequence[Ints]) -> Histories:
    """Of each reader's buckets."""
    first = np.cumsum([0, *map(len, readers)])
    return Histories(np.concatenate([np.zeros(0, dtype=np.int64), *readers]), first)


def place_lists(
    shown: Sequence[ShownList],
    clicked: Sequence[Ints],
    dimensions: Dimensions,
    tastes: Tastes,
    terms: Terms,
    places: int,
) -> list[PlacedList]:
    """Each list with its reader's place and tastes, and a sketch of `places` bytes of its articles.

    clicked : buckets of what each reader clicked before. terms : (buckets, LEVELS, WIDTH) of articles.
    """
    if not shown:
        return []
    readers = place(dimensions, histories_of(clicked))
    first = np.cumsum([0, *(len(of.articles) for of in shown)])
    hashes = np.array([article_hash(article) for of in shown for article in of.articles], dtype=np.uint64)
    slates = sketch(hashes, first[:-1], places)
    return [
        PlacedList(of.at_ms, of.length, of.articles, of.positions, reader, slate, match)
        for of, reader, slate, match in zip(
            shown, readers, slates, _matches(shown, clicked, dimensions, tastes, terms), strict=True
        )
    ]


def _matches(
    shown: Sequence[ShownList],
    clicked: Sequence[Ints],
    dimensions: Dimensions,
    tastes: Tastes,
    terms: Terms,
) -> Iterator[Floats]:
    """Of each list (n, LEVELS), how its reader takes to its articles.

    By the clicks that the dimensions' fit has seen, which are those that storefronts know the terms of.
    """
    cuts = np.cumsum([len(of.articles) for of in shown])[:-1]
    articles = buckets_of([article for of in shown for article in of.articles], len(terms))
    for article, buckets in zip(np.split(articles, cuts), clicked, strict=True):
        reader = profile(terms[np.unique(buckets[dimensions.idf[buckets] > 0])])
        nothing = np.zeros((len(article), LEVELS))
        yield match(tastes, reader, terms[article]) if reader.clicks else nothing


def space_of(dimensions: Dimensions, tastes: Tastes) -> ReaderSpace:
    """For state: the buckets that the fit has seen."""
    bucket = np.flatnonzero(dimensions.idf > 0).astype(np.int32)
    return ReaderSpace(
        bucket,
        dimensions.axes[bucket],
        dimensions.idf[bucket],
        dimensions.centre,
        tastes.share,
        tastes.strength,
        len(dimensions.idf),
    )


def fit_of(space: ReaderSpace) -> tuple[Dimensions, Tastes]:
    """What `space_of` was given."""
    axes, idf = np.zeros((space.buckets, len(space.centre))), np.zeros(space.buckets)
    axes[space.bucket], idf[space.bucket] = space.axes, space.idf
    return Dimensions(axes, idf, space.centre), Tastes(space.share, space.strength)
