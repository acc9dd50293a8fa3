"""The rows of `jvm/`'s `GatherLists`, see `ShownList.java` for their bytes; and what is said of articles."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

SHOWN, KNOWN, GONE, CLICKED, DESCRIBED = "shown", "known", "gone", "clicked", "described"

_INT = struct.Struct(">i")


@dataclass(frozen=True)
class ShownList:
    """A list as it was shown. length : as its events say, at least that of `articles`.

    recent : articles that the visitor clicked last, the latest first. positions : 0 where there is none.
    """

    list_id: str
    visitor: str
    at_ms: int
    length: int
    shop: str
    segment: str
    recent: tuple[str, ...]
    articles: tuple[str, ...]
    positions: tuple[int, ...]

    @classmethod
    def of(cls, list_id: str, visitor: str, at_ms: int, content: bytes) -> Self:
        length, at = _integer(content, 0)
        shop, at = _text(content, at)
        segment, at = _text(content, at)
        count, at = _integer(content, at)
        recent, articles, positions = [], [], []
        for _ in range(count):
            end = at + _INT.size + _INT.unpack_from(content, at)[0]
            recent.append(content[at + _INT.size : end].decode())
            at = end
        count, at = _integer(content, at)
        for _ in range(count):
            end = at + _INT.size + _INT.unpack_from(content, at)[0]
            articles.append(content[at + _INT.size : end].decode())
            positions.append(_INT.unpack_from(content, end)[0])
            at = end + _INT.size
        return cls(
            list_id,
            visitor,
            at_ms,
            max(length, count),
            shop,
            segment,
            tuple(recent),
            tuple(articles),
            tuple(positions),
        )


@dataclass(frozen=True)
class ListRows:
    """A micro-batch. shown, known : in order of arrival; known : list id -> clicked, a byte an impression.

    gone : lists whose visitor was erased. forgotten : visitors, and until when. described : Avro bodies of
    `article-features`.
    """

    shown: list[ShownList]
    known: dict[str, bytes]
    gone: list[str]
    forgotten: dict[str, int]
    described: list[bytes]

    @classmethod
    def of(
        cls,
        kinds: Sequence[str],
        visitors: Sequence[str],
        lists: Sequence[str],
        at_ms: Sequence[int],
        contents: Sequence[bytes],
    ) -> Self:
        found = cls([], {}, [], {}, [])
        for kind, visitor, name, time, content in zip(kinds, visitors, lists, at_ms, contents, strict=True):
            if kind == SHOWN:
                found.shown.append(ShownList.of(name, visitor, time, bytes(content)))
            elif kind == KNOWN:
                found.known[name] = bytes(content)
            elif kind == DESCRIBED:
                found.described.append(bytes(content))
            elif name:
                found.gone.append(name)
            else:
                found.forgotten[visitor] = max(time, found.forgotten.get(visitor, time))
        return found


def _integer(content: bytes, at: int) -> tuple[int, int]:
    return _INT.unpack_from(content, at)[0], at + _INT.size


def _text(content: bytes, at: int) -> tuple[str, int]:
    """The text that begins there, and where what follows begins."""
    length, start = _integer(content, at)
    return content[start : start + length].decode(), start + length
