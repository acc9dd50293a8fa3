"""The bytes of an article in the keyed state of the job `article_scores`."""

import struct
from dataclasses import dataclass
from typing import ClassVar, Self

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
        if len(blob) < _HEADER.size:
            raise ValueError(f"{len(blob)} bytes are no kept article")
        version, at_ms, absorbed = _HEADER.unpack_from(blob)
        if version != cls.VERSION:
            raise ValueError(f"kept article of version {version}; this release reads {cls.VERSION}")
        return cls(at_ms, absorbed, blob[_HEADER.size :])
