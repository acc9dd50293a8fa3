"""Rows about articles and their readers in, Redis commands out."""

import struct
from collections.abc import Iterable

import msgspec

from schemas.article_rankings import metrics_key, ranking_key, score_key
from schemas.article_readers import RECENT, RecentArticles, readers_key, recent_key
from schemas.article_scores import ABSORBED, AT, MODEL, article_key, shared_key
from sink_connectors.redis_functions import function
from sink_connectors.redis_server import Command
from sink_connectors.tombstones import Tombstones

Row = tuple[str, str, int, int, bytes, str]
"""kind, name, at_ms, absorbed, packed, text: see `operators/article_news.py`; of visitors, see below."""

CLICKED, GONE = "clicked", "gone"
"""Kinds of rows about a visitor, who is the name: the latest clicks, as `RecentClicks.java` packs them; and
an erasure, of what was until at_ms."""

_CLICK = struct.Struct(">qi")


def article_commands(
    namespace: str, generation: int, ttl_s: int, tombstones: Tombstones, rows: Iterable[Row]
) -> list[Command]:
    """Commands that may be sent any number of times, in any order. Of several rows for one value the last is
    taken; erasures all count."""
    latest: dict[tuple[str | int, ...], Row] = {}
    for row in rows:
        value = row[:3] if row[0] == GONE else row[:2]
        latest.pop(value, None)  # the last of them stands where it came
        latest[value] = row
    keys = _Keys(namespace, generation, ttl_s, tombstones)
    return [command for row in latest.values() for command in keys.commands(row)]


class _Keys:
    """Where rows go."""

    def __init__(self, namespace: str, generation: int, ttl_s: int, tombstones: Tombstones) -> None:
        self._of, self._ttl_s, self._tombstones = (namespace, generation), ttl_s, tombstones

    def commands(self, row: Row) -> list[Command]:
        kind, name, at_ms, absorbed, packed, text = row
        if kind in (CLICKED, GONE):
            return [self._visitor(kind, name, at_ms, packed)]
        if kind == "metrics":
            return [self._publish(metrics_key(*self._of), at_ms, text)]
        if kind == "article":
            fields = {AT: b"%d" % at_ms, ABSORBED: b"%d" % absorbed, MODEL: packed}
            score = self._publish(score_key(*self._of, name), at_ms, text)
            return [self._supersede(article_key(*self._of, name), fields), score]
        key = {"shared": shared_key, "readers": readers_key}.get(kind)
        return [
            self._supersede(
                key(*self._of) if key else ranking_key(*self._of, name),
                msgspec.msgpack.decode(packed, type=dict[bytes, bytes]),
            )
        ]

    def _publish(self, key: str, at_ms: int, text: str) -> Command:
        return ["FCALL", function("publish"), 1, key, self._ttl_s, at_ms, text]

    def _supersede(self, key: str, fields: dict[bytes, bytes]) -> Command:
        listed = [part for field in fields.items() for part in field]
        return ["FCALL", function("supersede"), 1, key, self._ttl_s, AT, ABSORBED, *listed]

    def _visitor(self, kind: str, visitor: str, at_ms: int, packed: bytes) -> Command:
        key = recent_key(*self._of, visitor).encode()
        tombstone = self._tombstones.key(visitor, key)
        if kind == GONE:
            return ["FCALL", function("unassign"), 2, key, tombstone, at_ms]
        recent = recent_articles(packed)
        said = recent.to_json()
        return ["FCALL", function("assign"), 2, key, tombstone, self._ttl_s, RECENT, recent.since_ms, said]


def recent_articles(packed: bytes) -> RecentArticles:
    """Of the bytes of `RecentClicks.java`: a version, then time and article of each click, latest first."""
    times, articles, at = [], [], 1
    while at < len(packed):
        time, length = _CLICK.unpack_from(packed, at)
        at += _CLICK.size
        times.append(time)
        articles.append(packed[at : at + length].decode())
        at += length
    return RecentArticles(max(times), min(times), tuple(articles))
