"""What the job knows of readers: their latest clicks, and the dimensions in which these place them."""

from collections import deque
from collections.abc import Sequence

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.articles.reader_dimensions import Dimensions, Histories, refit
from operators.maths.articles.reader_tastes import Tastes, fit
from operators.maths.articles.served_articles import match_served, place_served, served_axes
from operators.maths.segments.dimensions import hashed_dimensions
from schemas.article_readers import MOST_RECENT
from schemas.article_terms import LEVELS, WIDTH, Terms

BUCKETS = 65_536
REFIT_EVERY, REFIT_ON = 200, 2_000  # lists; at first whenever their number has doubled


class FeedReaders:
    """histories : of each reader, the latest click first. terms : (A, LEVELS, WIDTH) of articles."""

    def __init__(self, histories: Sequence[Sequence[int]], terms: Terms, dimensions: int) -> None:
        self._bucket = hashed_dimensions(np.arange(len(terms), dtype=np.uint64), BUCKETS)
        self._terms = np.zeros((BUCKETS, LEVELS, WIDTH), dtype=np.uint16)
        self._terms[self._bucket] = terms
        self._recent = [deque(history, MOST_RECENT) for history in histories]
        self._dimensions = Dimensions.unknown(BUCKETS, dimensions)
        self._axes = served_axes(self._dimensions, Tastes.unknown(), self._terms, 0, 0)
        self._seen: deque[Ints] = deque(maxlen=REFIT_ON)
        self._lists, self._fitted = 0, 0

    def length(self, reader: int) -> int:
        """How many articles it is known to have clicked lately."""
        return len(self._recent[reader])

    def place(self, reader: int) -> Floats:
        """(D,)"""
        return place_served(self._axes, self._buckets(reader))

    def places(self, reader: Ints) -> Floats:
        """(n, D)"""
        D = len(self._axes.centre)
        return np.array([self.place(one) for one in reader.tolist()]).reshape(-1, D)

    def match(self, reader: int, terms: Terms) -> Floats:
        """(n, LEVELS) how a reader takes to articles of these terms."""
        return match_served(self._axes, self._buckets(reader), terms)

    def came(self, reader: Ints) -> None:
        """These asked for a list each; a refit may be due."""
        self._seen.extend(self._buckets(one) for one in reader.tolist())
        self._lists += len(reader)
        if self._lists - self._fitted >= min(REFIT_EVERY, max(self._fitted, 1)):
            first = np.cumsum([0, *(len(one) for one in self._seen)])
            clicked = np.concatenate(self._seen)
            self._dimensions = refit(self._dimensions, Histories(clicked, first))
            tastes = fit(self._terms[clicked], first)
            self._axes = served_axes(self._dimensions, tastes, self._terms, 0, self._lists)
            self._fitted = self._lists

    def clicked(self, reader: Ints, article: Ints, clicked: Floats) -> None:
        """What lists (n, shown) led to; an article that was clicked before moves to the front."""
        for row, place in np.argwhere(clicked > 0).tolist():
            recent, new = self._recent[int(reader[row])], int(article[row, place])
            if new in recent:
                recent.remove(new)
            recent.appendleft(new)

    def _buckets(self, reader: int) -> Ints:
        return np.asarray(self._bucket[np.array(self._recent[reader], dtype=np.int64)])
