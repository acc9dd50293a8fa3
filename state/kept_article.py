"""The bytes of an article in the keyed state of the job `article_scores`."""

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

from state.header import read_header

_HEADER = struct.Struct(">bqq")


@dataclass(frozen=True)
class KeptArticle:
    """at_ms : event time of the latest list that it was in. absorbed : impressions and outcomes taken in.

    model : `ArticleState`, as bytes.
    """

    VERSION: ClassVar[int] = 1

    at_ms: int
    absorbed: int
    model: bytes

    def to_bytes(self) -> bytes:
        """Version (1 byte), two integers (8 each), the model."""
        return _HEADER.pack(self.VERSION, self.at_ms, self.absorbed) + self.model

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no article."""
        at_ms, absorbed = read_header(_HEADER, blob, cls.VERSION, "kept article")
        return cls(at_ms, absorbed, blob[_HEADER.size :])
