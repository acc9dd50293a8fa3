"""Rows about articles and their readers in, Redis commands out."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from schemas.article_rankings import metrics_key, ranking_key, score_key
from schemas.article_readers import RECENT, RecentArticles, readers_key, recent_key
from schemas.article_scores import ABSORBED, AT, MODEL, article_key, shared_key
from sink_connectors.redis_functions import function
from sink_connectors.redis_server import Command
from sink_connectors.tombstones import Tombstones

Row = tuple[str, str, int, int, bytes, str]
"""kind, name, at_ms, absorbed, packed, text: see `operators/articles/article_news.py`; of visitors, see below."""

CLICKED, GONE = "clicked", "gone"
"""Kinds of rows about a visitor, who is the name: the latest clicks, as `RecentClicks.java` packs them; and
an erasure, of what was until at_ms."""

_CLICK = struct.Struct(">qi")


@dataclass(frozen=True)
class ScoreKeys:
    """Where rows go. ttl_s : seconds after it was written for which anything is kept."""

    namespace: str
    generation: int
    ttl_s: int

    @property
    def of(self) -> tuple[str, int]:
        """What each key begins with."""
        return self.namespace, self.generation


def article_commands(keys: ScoreKeys, tombstones: Tombstones, rows: Iterable[Row]) -> list[Command]:
    """Commands that may be sent any number of times, in any order.

    Of several rows for one value the last is taken; erasures all count.
    """
    latest: dict[tuple[str | int, ...], Row] = {}
    for row in rows:
        value = row[:3] if row[0] == GONE else row[:2]
        latest.pop(value, None)  # the last of them stands where it came
        latest[value] = row
    return [command for row in latest.values() for command in _commands(keys, tombstones, row)]


def _commands(keys: ScoreKeys, tombstones: Tombstones, row: Row) -> list[Command]:
    kind, name, at_ms, absorbed, packed, text = row
    match kind:
        case "article":
            fields = {AT: b"%d" % at_ms, ABSORBED: b"%d" % absorbed, MODEL: packed}
            score = _publish(keys, score_key(*keys.of, name), at_ms, text)
            return [_supersede(keys, article_key(*keys.of, name), fields), score]
        case "metrics":
            return [_publish(keys, metrics_key(*keys.of), at_ms, text)]
        case "shared" | "readers" | "ranking":
            fields = msgspec.msgpack.decode(packed, type=dict[bytes, bytes])
            named = {"shared": shared_key(*keys.of), "readers": readers_key(*keys.of)}
            return [_supersede(keys, named.get(kind, ranking_key(*keys.of, name)), fields)]
        case _:
            return [_of_visitor(keys, tombstones, row)]


def _publish(keys: ScoreKeys, key: str, at_ms: int, text: str) -> Command:
    return ["FCALL", function("publish"), 1, key, keys.ttl_s, at_ms, text]


def _supersede(keys: ScoreKeys, key: str, fields: dict[bytes, bytes]) -> Command:
    listed = [part for field in fields.items() for part in field]
    return ["FCALL", function("supersede"), 1, key, keys.ttl_s, AT, ABSORBED, *listed]


def _of_visitor(keys: ScoreKeys, tombstones: Tombstones, row: Row) -> Command:
    kind, visitor, at_ms, _, packed, _ = row
    key = recent_key(*keys.of, visitor).encode()
    tombstone = tombstones.key(visitor, key)
    if kind == GONE:
        return ["FCALL", function("unassign"), 2, key, tombstone, at_ms]
    recent = recent_articles(packed)
    said = recent.to_json()
    return ["FCALL", function("assign"), 2, key, tombstone, keys.ttl_s, RECENT, recent.since_ms, said]


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
