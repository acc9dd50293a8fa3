"""The bytes of what one part of a hot shop says of itself."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Self

from state.frames import join_frames, split_frames
from state.header import read_header
from state.segment_model import SegmentModel
from state.shop_categories import ShopCategories
from state.visitor_segment import VisitorSegment

_HEADER = struct.Struct(">bqq")


@dataclass(frozen=True)
class ShopPart:
    """Absolute: all that the part has seen, so the last one counts, and one that comes twice changes nothing.

    model, categories : of its own visitors alone. refit : number of the last refit that it carried out, 0 for
    none. drifted_ms : event time of its last alarm of drift, 0 for none. sample : its sampled visitors.
    """

    VERSION: ClassVar[int] = 1

    model: SegmentModel
    categories: ShopCategories
    refit: int = 0
    drifted_ms: int = 0
    sample: Mapping[str, VisitorSegment] = field(default_factory=dict)

    def to_bytes(self) -> bytes:
        """Frames: version (1 byte) and two longs; model; categories; of each visitor the id and its bytes."""
        head = _HEADER.pack(self.VERSION, self.refit, self.drifted_ms)
        visitors = [frame for name, of in self.sample.items() for frame in (name.encode(), of.to_bytes())]
        return join_frames([head, self.model.to_bytes(), self.categories.to_bytes(), *visitors])

    @classmethod
    def from_bytes(cls, blob: bytes) -> Self:
        """Read any version released so far. ValueError: another version, or bytes that are no part."""
        frames = split_frames(blob)
        if len(frames) < 3 or len(frames) % 2 != 1:
            raise ValueError(f"{len(blob)} bytes are no part of a shop")
        refit, drifted_ms = read_header(_HEADER, frames[0], cls.VERSION, "part of a shop")
        names, members = frames[3::2], frames[4::2]
        return cls(
            SegmentModel.from_bytes(frames[1]),
            ShopCategories.from_bytes(frames[2]),
            refit,
            drifted_ms,
            {name.decode(): VisitorSegment.from_bytes(of) for name, of in zip(names, members, strict=True)},
        )
