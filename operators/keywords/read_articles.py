"""An article's text -> all that the models need of it; no state, so any number of tasks may do it."""

from collections.abc import Iterable
from zlib import crc32

import msgspec
import numpy as np

from operators.keywords.article_text import Word, normalised, words
from operators.keywords.candidate_phrases import LONGEST, candidates
from operators.keywords.text_features import features
from operators.maths.keywords.text_rank import text_rank

TERMS = 1 << 22
"""Rows of the table of counts: terms that share one are counted as one."""

KEYWORD = "keyword"
"""The kind of tags that are editors' keywords; any other kind is a kind to predict."""

WINDOW = 3


class ReadArticle(msgspec.Struct, frozen=True, array_like=True):
    """One article. Of each candidate: `phrases` as written, `terms` and `words` (rows of counts), evidence.

    version_ms : event time. rows : of the table of features. keywords : editors', normalised.
    tags : (kind, tag), editors' too.
    """

    article_id: str
    version_ms: int
    published_ms: int
    phrases: list[str]
    terms: list[int]
    words: list[list[int]]
    rank: list[float]
    place: list[float]
    times: list[int]
    kinds: list[tuple[int, int]]
    rows: list[int]
    keywords: list[str]
    tags: list[tuple[str, str]]


def read_article(
    article_id: str, title: str, text: str, tags: Iterable[str], version_ms: int, published_ms: int
) -> ReadArticle:
    """tags : KIND:TAG, as in `schemas/article.avsc`; one without a colon is left out."""
    found = words(f"{title}\n{text}" if text else title)
    phrases = candidates(found)
    rank = _ranks(found)
    told = [(kind, tag) for kind, colon, tag in (tag.partition(":") for tag in tags) if colon and tag]
    return ReadArticle(
        article_id=article_id,
        version_ms=version_ms,
        published_ms=published_ms,
        phrases=[phrase.text for phrase in phrases],
        terms=[term(phrase.text) for phrase in phrases],
        words=[[*map(term, phrase.words), *[-1] * (LONGEST - len(phrase.words))] for phrase in phrases],
        rank=[sum(rank.get(word, 0.0) for word in phrase.words) for phrase in phrases],
        place=[phrase.first / len(found) for phrase in phrases],
        times=[phrase.times for phrase in phrases],
        kinds=[(phrase.first_kind, phrase.last_kind) for phrase in phrases],
        rows=features(found),
        keywords=sorted({normalised(tag) for kind, tag in told if kind == KEYWORD}),
        tags=sorted({(kind, tag) for kind, tag in told if kind != KEYWORD}),
    )


def term(text: str) -> int:
    """The row of a word or phrase in the table of counts."""
    return crc32(text.encode()) % TERMS


def _ranks(text: list[Word]) -> dict[str, float]:
    """TextRank of each content word of two characters or more."""
    index: dict[str, int] = {}
    ids = [
        index.setdefault(word.text, len(index)) if word.has_content and len(word.text) > 1 else -1
        for word in text
    ]
    scores = text_rank(np.array(ids, dtype=np.int64), WINDOW).tolist()
    return {word: scores[at] for word, at in index.items()}
