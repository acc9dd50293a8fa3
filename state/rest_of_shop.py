"""The bytes of what a part of a hot shop is told: what the others hold, and who of its visitors moves."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

import numpy as np

from state.frames import join_frames, split_frames
from state.header import read_header
from state.segment_model import SegmentModel
from state.shop_categories import ShopCategories

_HEADER = struct.Struct(">bqq")


@dataclass(frozen=True)
class RestOfShop:
    """Absolute, like the parts that it is made of.

    model, categories : the other parts together; but `threshold` is that of the whole shop's sample.
    refit : number of the whole shop's last refit, 0 for none; the later, the greater. refitted_at : visits of
    the whole shop at that refit. moves : hash of a visitor (64 bits) -> its segment by that refit; nobody is
    named.
    """

    VERSION: ClassVar[int] = 1

    model: SegmentModel
    categories: ShopCategories
    refit: int = 0
    refitted_at: int = 0
    moves: Mapping[int, int] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Frames: version (1 byte), two longs; model; categories; hashes, 8 bytes each; segments, 1 each."""
        return join_frames(
            [
                _HEADER.pack(self.VERSION, self.refit, self.refitted_at),
                self.model.to_bytes(),
                self.categories.to_bytes(),
                np.array(list(self.moves), dtype=">u8").tobytes(),
                bytes(self.moves.values()),
            ]
        )

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no rest."""
        frames = split_frames(blob)
        if len(frames) != 5:
            raise ValueError(f"{len(blob)} bytes are no rest of a shop")
        refit, refitted_at = read_header(_HEADER, frames[0], cls.VERSION, "rest of a shop")
        hashes = np.frombuffer(frames[3], ">u8").tolist()
        return cls(
            SegmentModel.from_bytes(frames[1]),
            ShopCategories.from_bytes(frames[2]),
            refit,
            refitted_at,
            dict(zip(hashes, frames[4], strict=True)),
        )
