"""What a shop chooses among, and what Redis holds about the choice: one hash a shop."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from schemas.preferences import pack, unpack

TOPIC: Final = "layouts"

MOST_LAYOUTS: Final = 20
FEWEST_LAYOUTS: Final = 2
MAX_NAME_BYTES: Final = 1024

AT: Final = b"!at"  # field: latest event time in the numbers, epoch milliseconds in decimal
ABSORBED: Final = b"!absorbed"  # field: how many events are in the numbers, in decimal
OFFERED: Final = b"!layouts"  # field: names of the layouts in the order of the numbers, JSON
REWARD: Final = b"!reward"  # field: what is maximised, `conversions` or `revenue`
LINEAR: Final = b"!linear"  # field: how visitors' affinities are weighed, see `LinearPolicy`; may be absent
SEGMENT: Final = b":"  # prefix of a segment's field; the prefix alone is for visitors without a segment

NUMBERS: Final = 5


class Arm(NamedTuple):
    """One layout of a segment.

    probability : with which it is to be shown. alpha, beta : of the posterior of its rate of conversion.
    worth, worth_error : posterior mean of what a conversion brings, and its standard error.
    """

    probability: float
    alpha: float
    beta: float
    worth: float
    worth_error: float


class LinearPolicy(NamedTuple):
    """How layouts suit visitors: a normal posterior of what each earns, per unit of 1 and of each affinity.

    floor : least probability of a layout. layouts : of each, d means, then the upper triangle of their
    covariance, row by row.
    """

    floor: float
    layouts: tuple[tuple[float, ...], ...]

    def packed(self) -> bytes:
        return pack(self.floor, *(number for layout in self.layouts for number in layout))

    @classmethod
    def unpacked(cls, packed: bytes, layouts: int) -> "LinearPolicy":
        floor, *numbers = unpack(packed)
        each = len(numbers) // layouts
        return cls(floor, tuple(tuple(numbers[at * each : (at + 1) * each]) for at in range(layouts)))


@dataclass(frozen=True)
class ShopPolicy:
    """How one shop chooses.

    layouts : that are offered. segments : name (empty: visitors without one) -> one `Arm` a layout.
    at_ms, absorbed : latest event time, and count of the events that are in it; the greater pair is newer.
    linear : by visitors' affinities; None: nothing was earned yet.
    """

    shop: str
    layouts: tuple[str, ...]
    segments: Mapping[str, tuple[Arm, ...]]
    reward: str
    at_ms: int
    absorbed: int
    linear: LinearPolicy | None = None

    def probabilities(self, segment: str) -> tuple[float, ...]:
        """Of the layouts, for visitors of the segment; equal where nothing is known of it."""
        arms = self.segments.get(segment)
        return (
            tuple(arm.probability for arm in arms) if arms else (1 / len(self.layouts),) * len(self.layouts)
        )

    def fields(self) -> dict[bytes, bytes]:
        """All of the hash."""
        found = {
            AT: str(self.at_ms).encode(),
            ABSORBED: str(self.absorbed).encode(),
            OFFERED: json.dumps(self.layouts, ensure_ascii=False).encode(),
            REWARD: self.reward.encode(),
        }
        if self.linear is not None:
            found[LINEAR] = self.linear.packed()
        for segment, arms in self.segments.items():
            found[SEGMENT + segment.encode()] = pack(*(number for arm in arms for number in arm))
        return found

    @classmethod
    def from_fields(cls, shop: str, fields: Mapping[bytes, bytes]) -> "ShopPolicy | None":
        """What `fields` wrote; None: there is nothing."""
        if OFFERED not in fields:
            return None
        segments = {
            name[len(SEGMENT) :].decode(): _arms(unpack(packed))
            for name, packed in fields.items()
            if name.startswith(SEGMENT)
        }
        layouts = tuple(json.loads(fields[OFFERED]))
        return cls(
            shop=shop,
            layouts=layouts,
            segments=segments,
            reward=fields[REWARD].decode(),
            at_ms=int(fields[AT]),
            absorbed=int(fields[ABSORBED]),
            linear=LinearPolicy.unpacked(fields[LINEAR], len(layouts)) if LINEAR in fields else None,
        )

    def to_json(self) -> str:
        """For the way from operator to sink."""
        return json.dumps(
            vars(self), ensure_ascii=False
        )  # what it holds is JSON's own, `asdict` would copy it

    @classmethod
    def from_json(cls, text: str) -> "ShopPolicy":
        """What `to_json` wrote."""
        said = json.loads(text)
        segments = {name: tuple(Arm(*arm) for arm in arms) for name, arms in said["segments"].items()}
        linear = said["linear"] and LinearPolicy(said["linear"][0], tuple(map(tuple, said["linear"][1])))
        return cls(**{**said, "layouts": tuple(said["layouts"]), "segments": segments, "linear": linear})


def policy_key(namespace: str, shop: str) -> str:
    """Where a shop's `ShopPolicy` stands."""
    return f"{namespace}:{{shop:{shop}}}:layouts"


def check_layouts(layouts: Sequence[str]) -> None:
    """ValueError: a shop cannot choose among these."""
    if layouts and not FEWEST_LAYOUTS <= len(layouts) <= MOST_LAYOUTS:
        raise ValueError(f"{len(layouts)} layouts: a shop chooses among {FEWEST_LAYOUTS} to {MOST_LAYOUTS}")
    if len(set(layouts)) < len(layouts):
        raise ValueError("a layout stands twice")
    for name in layouts:
        if not name.strip() or not name.isprintable() or len(name.encode()) > MAX_NAME_BYTES:
            raise ValueError(f"{name!r} is no name of a layout: it is empty, too long or not printable")


def _arms(numbers: tuple[float, ...]) -> tuple[Arm, ...]:
    return tuple(Arm(*numbers[start : start + NUMBERS]) for start in range(0, len(numbers), NUMBERS))
