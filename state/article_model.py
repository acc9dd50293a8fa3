"""The bytes of what all articles share: outputs of tags, weights of keyword evidence, totals."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from state.header import read_header

_HEADER = struct.Struct(">bI")
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class ArticleModel:
    """tags : kind -> its tags. outputs : kind -> (T, d + 4), of each tag W, b, squares, length, column.

    mean, precision : (D,), (D, D) of the weights of evidence. totals : (3,) log2 S + T/h of articles, of
    terms offered and of terms chosen. seen : articles so far.
    """

    VERSION: ClassVar[int] = 1

    tags: Mapping[str, tuple[str, ...]]
    outputs: Mapping[str, Floats]
    mean: Floats
    precision: Floats
    totals: Floats
    seen: int

    def to_bytes(self) -> bytes:
        """Version (1 byte), length of a JSON header (4), the header, then big-endian doubles.

        ValueError: a weight is NaN or infinite; such a state must not be kept.
        """
        arrays = [*(self.outputs[kind] for kind in self.tags), self.mean, self.precision]
        if not all(np.isfinite(array).all() for array in arrays) or np.isnan(self.totals).any():
            raise ValueError("an article model holds NaN or infinity")
        width = next(iter(self.outputs.values())).shape[1] if self.outputs else 0
        said = {"tags": {k: list(v) for k, v in self.tags.items()}, "width": width}
        header = json.dumps({**said, "columns": len(self.mean), "seen": self.seen}).encode()
        numbers = np.concatenate([array.ravel() for array in [*arrays, self.totals]])
        return b"".join([_HEADER.pack(self.VERSION, len(header)), header, numbers.astype(">f8").tobytes()])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no model."""
        (length,) = read_header(_HEADER, blob, cls.VERSION, "article model")
        header = json.loads(blob[_HEADER.size : _HEADER.size + length])
        tags = {kind: tuple(names) for kind, names in header["tags"].items()}
        D, width = header["columns"], header["width"]
        numbers = np.frombuffer(blob, ">f8", offset=_HEADER.size + length).astype(np.float64)
        sizes = [*(len(names) * width for names in tags.values()), D, D * D, 3]
        if len(numbers) != sum(sizes):
            raise ValueError(f"{len(blob)} bytes are no article model of {D} columns and {tags.keys()}")
        *outputs, mean, precision, totals = np.split(numbers, np.cumsum(sizes)[:-1])
        shaped = {kind: of.reshape(-1, width) for kind, of in zip(tags, outputs, strict=True)}
        return cls(tags, shaped, mean, precision.reshape(D, D), totals, header["seen"])
