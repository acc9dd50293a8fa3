"""Articles in keyed state, and at hand as arrays: what a batch touches is one fancy index away."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.articles.article_memory import Memory
from operators.maths.articles.article_models import ArticleModels, ArticleSettings
from operators.maths.articles.click_rates import Rates
from operators.maths.bayesian_logistic import Posteriors
from state.article_states import ArticleStates
from state.remembered_impressions import RememberedImpressions

AT_HAND = 4096
"""Articles, at 19 kB; when there are more, all are read from state again."""

ENTRY = 8
"""Remembered impressions that one entry of state holds: what is learnt writes these, not all of them."""


class ArticleStore:
    """State: `articles`, an entry each, `ArticleStates`; `memories`, an entry for every `ENTRY` places of an
    article's ring, `RememberedImpressions`. Both are written at once, and read where they are not at hand.

    retention_ms : processing time after which state lets an article go; so does what is at hand.
    """

    def __init__(self, articles: Any, memories: Any, settings: ArticleSettings, retention_ms: int) -> None:
        self._articles, self._memories = articles, memories
        self._settings, self._retention_ms = settings, retention_ms
        self._entries = -(-settings.places // ENTRY)
        self._make_room(AT_HAND)

    def take(self, names: Sequence[str], now_ms: int) -> tuple[ArticleModels, Ints, Ints]:
        """Models of the articles, and `at_ms` and `absorbed` of `ArticleStates`; one never met is fresh.

        ValueError: state of other half-lives, dimensions or sketches than the settings': a rebuild is due.
        """
        self._read([name for name in names if not self._is_at_hand(name, now_ms)], names)
        row = self._rows(names)
        places = self._settings.places
        memory = Memory(*[*(part[row, :places] for part in self._memory), self._learnt[row]])
        rates = Rates(*(part[row] for part in self._rates))
        posteriors = Posteriors(*(part[row] for part in self._posteriors))
        return ArticleModels(rates, posteriors, memory), self._at_ms[row], self._absorbed[row]

    def put(
        self, names: Sequence[str], models: ArticleModels, at_ms: Ints, absorbed: Ints, now_ms: int
    ) -> None:
        """The articles after a batch.

        models : their memory has what was learnt since `take`, and nothing else.
        """
        row, rates = self._rows(names), models.rates
        posteriors = Posteriors(models.posteriors.mean, _mirrored(models.posteriors.precision))
        touched = self._remember(row, models.memory)
        for kept, new in zip(self._rates, _parts(rates), strict=True):
            kept[row] = new
        for kept, new in zip(self._posteriors, _parts(posteriors), strict=True):
            kept[row] = new
        self._at_ms[row], self._absorbed[row], self._touched_ms[row] = at_ms, absorbed, now_ms
        sums = np.stack([rates.shown, rates.clicks, rates.chances, rates.labelled], axis=1)
        states = ArticleStates(
            at_ms, absorbed, rates.first_ms, self._learnt[row], sums, posteriors.mean, posteriors.precision
        )
        for name, packed in zip(names, states.pack(), strict=True):
            self._articles.put(name, packed)
        self._write_memories(names, row, touched)

    def _remember(self, row: Ints, new: Memory) -> tuple[Ints, Ints]:
        """Learnt impressions go where the oldest were; returns (article, entry) of what was written."""
        places, learnt = self._settings.places, self._learnt[row]
        article, nth = np.nonzero(np.arange(new.chance.shape[1]) < new.learnt[:, None])
        kept = nth >= new.learnt[article] - places
        article, nth = article[kept], nth[kept]
        place = (learnt[article] + nth) % places
        for held, said in zip(self._memory, _parts(new), strict=False):
            held[row[article], place] = said[article, nth]
        self._learnt[row] += new.learnt
        return np.divmod(np.unique(article * self._entries + place // ENTRY), self._entries)

    def _write_memories(self, names: Sequence[str], row: Ints, touched: tuple[Ints, Ints]) -> None:
        article, entry = touched
        places = (entry[:, None] * ENTRY + np.arange(ENTRY)).ravel()
        of = np.repeat(row[article], ENTRY)
        remembered = RememberedImpressions(*(part[of, places] for part in self._memory))
        columns = article.tolist(), entry.tolist(), remembered.pack(ENTRY)
        for at, number, packed in zip(*columns, strict=True):
            self._memories.put(_key(names[at], number), packed)

    def _is_at_hand(self, name: str, now_ms: int) -> bool:
        row = self._row.get(name)
        return row is not None and now_ms - self._touched_ms[row] < self._retention_ms

    def _rows(self, names: Sequence[str]) -> Ints:
        return np.array([self._row[name] for name in names], dtype=np.int64)

    def _read(self, missing: Sequence[str], names: Sequence[str]) -> None:
        """Put these at hand; where there is no room, all `names` and no others.

        What was at hand for too long is new, also while state has it still.
        """
        gone = {name for name in missing if name in self._row}
        if len(self._row) + len(missing) > len(self._learnt):
            self._make_room(max(AT_HAND, len(names)))
            missing = names
        for name in missing:
            self._row.setdefault(name, len(self._row))
        row = self._rows(missing)
        self._forget(row)
        blobs = [None if name in gone else self._articles.get(name) for name in missing]
        met = np.array([at for at, blob in enumerate(blobs) if blob is not None], dtype=np.int64)
        if len(met):
            self._fill([missing[at] for at in met], row[met], [bytes(blobs[at]) for at in met])

    def _fill(self, names: Sequence[str], row: Ints, blobs: Sequence[bytes]) -> None:
        settings = self._settings
        states = ArticleStates.unpack(blobs, len(settings.half_lives_ms), settings.dimensions + 1)
        self._at_ms[row], self._absorbed[row] = states.at_ms, states.absorbed
        self._learnt[row] = states.learnt
        *sums, first_ms = self._rates
        for at, kept in enumerate(sums):
            kept[row] = states.sums[:, at]
        first_ms[row] = states.first_ms
        for kept, new in zip(self._posteriors, (states.mean, states.precision), strict=True):
            kept[row] = new
        for name, one, learnt in zip(names, row.tolist(), states.learnt.tolist(), strict=True):
            self._fill_memory(name, one, min(-(-learnt // ENTRY), self._entries))

    def _fill_memory(self, name: str, row: int, entries: int) -> None:
        """An entry that state has let go, since nothing was learnt into it for so long, is empty."""
        for entry in range(entries):
            blob = self._memories.get(_key(name, entry))
            if blob is not None:
                settings = self._settings
                said = RememberedImpressions.unpack([bytes(blob)], settings.dimensions, settings.sketch)
                places = slice(entry * ENTRY, (entry + 1) * ENTRY)
                for held, part in zip(self._memory, _parts(said), strict=True):
                    held[row, places] = part

    def _make_room(self, articles: int) -> None:
        settings, ring = self._settings, self._entries * ENTRY
        fresh = ArticleModels.fresh(articles, settings)
        memory = Memory.fresh(articles, ring, settings.dimensions, settings.sketch)
        self._row: dict[str, int] = {}
        self._rates = [part.copy() for part in _parts(fresh.rates)]
        self._posteriors = [part.copy() for part in _parts(fresh.posteriors)]
        *self._memory, self._learnt = _parts(memory)
        self._at_ms, self._absorbed, self._touched_ms = (np.zeros(articles, dtype=np.int64) for _ in range(3))

    def _forget(self, row: Ints) -> None:
        fresh = ArticleModels.fresh(1, self._settings)
        for kept, new in zip(self._rates, _parts(fresh.rates), strict=True):
            kept[row] = new
        for kept, new in zip(self._posteriors, _parts(fresh.posteriors), strict=True):
            kept[row] = new
        for held in (*self._memory, self._learnt, self._at_ms, self._absorbed):
            held[row] = 0


def _parts(of: Any) -> list[Any]:
    """The arrays of a dataclass, in the order of its fields."""
    return list(vars(of).values())


def _mirrored(precision: Floats) -> Floats:
    """(A, d, d): as it comes back from state, which keeps the upper triangle."""
    return np.asarray(np.triu(precision) + np.triu(precision, 1).transpose(0, 2, 1))


def _key(article: str, entry: int) -> str:
    return f"{entry} {article}"
