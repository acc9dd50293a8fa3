"""What the steps of the job `article_scores` tell each other of a micro-batch: lists, by shard, and back."""

from typing import Any

import msgspec
import numpy as np

Array = np.ndarray[Any, Any]


class Batch(msgspec.Struct, frozen=True):
    """A micro-batch of lists, as the shared model needs it.

    shown : ids of the l lists shown, n impressions in all. at_ms, length, history, count : (l,), time, length
    as its events say, articles that its reader had clicked, impressions. reader : (l, D). shop, segment : of
    the lists; empty where there is none.
    known : id -> clicked, a byte an impression. gone : lists whose visitor was erased.
    space : of the readers, `ReaderAxes.fields`; empty unless it is new.
    """

    shown: list[str]
    at_ms: Array
    length: Array
    history: Array
    count: Array
    reader: Array
    shop: list[str]
    segment: list[str]
    known: dict[str, bytes]
    gone: list[str]
    space: dict[bytes, bytes]


class ShardBatch(msgspec.Struct, frozen=True):
    """The part of a micro-batch that concerns a shard's articles.

    number : of the micro-batch, counted from 0. part : which of its `parts` this is, from 0.
    articles : the a that are touched. terms : (a, LEVELS, WIDTH) of these. at_ms, reader, slate : (m,),
    (m, D), (m, S) of the lists referred to.
    shown, of, row : (n,) each impression's article and list, and its place in the micro-batch. match : (n,
    LEVELS), how its reader takes to the article.
    known, known_of, known_match, clicked, chance : (k,) of impressions whose outcome is known their article,
    list and match, what became of them, and what a blind pick would have been worth.
    described, start : (s,), (s, D + 1) articles of which something was said, and where the model of one that
    was in no list yet starts.
    batch : `Batch` as bytes, in one part of the micro-batch; empty in the others.
    """

    number: int
    part: int
    parts: int
    articles: list[str]
    terms: Array
    at_ms: Array
    reader: Array
    slate: Array
    shown: Array
    of: Array
    row: Array
    match: Array
    known: Array
    known_of: Array
    known_match: Array
    clicked: Array
    chance: Array
    described: Array
    start: Array
    batch: bytes


class ShardStatistics(msgspec.Struct, frozen=True):
    """What a shard's articles are after a micro-batch, and what its impressions read before anything learnt.

    number, part, parts, shown, row, batch : as in `ShardBatch`. table : (n, columns) of the impressions,
    `operators.articles.statistics_table`.
    articles, served : the a that were touched, and each as `ServedArticles.pack` packs it.
    """

    number: int
    part: int
    parts: int
    shown: Array
    row: Array
    table: Array
    articles: list[str]
    served: list[bytes]
    batch: bytes
