"""What Redis holds about a visitor's preferences: keys, fields, packing."""

import json
import re
import struct
from dataclasses import dataclass
from typing import Final

AT: Final = b"!at"  # field: latest event time of the visitor, epoch milliseconds in decimal
FLOOR: Final = (
    b"!floor"  # field: what the trimming refuses since, written and read by the Redis function only
)
SINCE: Final = b"!since"  # field: earliest event time that is in the numbers, epoch milliseconds in decimal
META_FIELDS: Final = (AT, FLOOR, SINCE)

ROW_TIMES: Final = struct.Struct(">qq")
"""Head of a row of the job `visitor_preferences`: latest and earliest event time that is in the numbers."""

ERASURE_ROW: Final = struct.Struct(">q")
"""All of a row that asks to forget what happened at that time or before."""

FIRST_GENERATION: Final = 1

MIX: Final = "mix"
"""What readers say in place of a horizon: all of them, as learned from what visitors chose next."""

_NAME = re.compile(r"[^{}:!\s\0]+")


def pack(*numbers: float) -> bytes:
    """Any count of doubles, big-endian."""
    return struct.pack(f">{len(numbers)}d", *numbers)


def unpack(packed: bytes) -> tuple[float, ...]:
    """The doubles of `pack`."""
    return struct.unpack(f">{len(packed) // 8}d", packed)


def config_key(namespace: str, generation: int) -> str:
    """Where `PreferenceSchema.to_json` stands."""
    return f"{namespace}:{{preferences:{generation}}}:config"


def prior_key(namespace: str, generation: int, facet: str) -> str:
    """`facet` is the facet's name."""
    return f"{namespace}:{{preferences:{generation}}}:prior:{facet}"


def choices_key(namespace: str, generation: int, facet: str) -> str:
    """`facet` is the facet's name."""
    return f"{namespace}:{{preferences:{generation}}}:choices:{facet}"


def sample_key(namespace: str, generation: int) -> str:
    """Where the visitors are from whom the priors are estimated."""
    return f"{namespace}:{{preferences:{generation}}}:sample"


def visitor_key(namespace: str, generation: int, visitor: str) -> str:
    """The visitor's id is the hash tag: all keys of a visitor sit on one node of a cluster."""
    return f"{namespace}:{{{visitor}}}:preferences:{generation}"


def visitor_of(namespace: str, key: bytes) -> tuple[int, bytes] | None:
    """(generation, visitor) of a `visitor_key`; None for any other key."""
    tag, found, generation = key.rpartition(b"}:preferences:")
    before = f"{namespace}:{{".encode()
    if not found or not tag.startswith(before) or not generation.isdigit():
        return None
    return int(generation), tag[len(before) :]


def generation_of(namespace: str, key: bytes) -> int | None:
    """The generation of a `config_key`; None for any other key."""
    before, after = f"{namespace}:{{preferences:".encode(), b"}:config"
    generation = key.removeprefix(before).removesuffix(after)
    is_config = generation.isdigit() and key == before + generation + after
    return int(generation) if is_config else None


def served_key(namespace: str) -> str:
    """Where it stands which generation readers read, in decimal; where nothing stands it is the first."""
    return f"{namespace}:{{preferences}}:generation"


def served_generation(text: bytes | None) -> int:
    """What stands at `served_key`. LookupError: it is no generation."""
    if text is None:
        return FIRST_GENERATION
    if not text.isdigit():
        raise LookupError(f"{text!r} is no generation to be served: `tidemark promote` one")
    return int(text)


def retired_key(namespace: str) -> str:
    """Hash: generations that readers have left -> epoch milliseconds from which on they may have gone."""
    return f"{namespace}:{{preferences}}:retired"


@dataclass(frozen=True)
class Horizon:
    """How fast a preference fades: after `half_life_ms` milliseconds of event time half of it is left."""

    name: str
    half_life_ms: int


@dataclass(frozen=True)
class PreferenceSchema:
    """The layout of one generation of preferences.

    horizons, facets : in the order in which their numbers are packed; a facet is (name, code), the code being
        the prefix of its fields. Another order, half-life or code needs another `generation`.
    ttl_s : seconds after its last event for which a visitor is kept.
    keep : the strongest values per facet and horizon that are always there.
    sample_visitors : the visitors from whom priors are estimated.

    Raises
    ------
    ValueError : a name or number that cannot be part of a key or of the layout.
    """

    namespace: str
    generation: int
    horizons: tuple[Horizon, ...]
    facets: tuple[tuple[str, str], ...]
    ttl_s: int
    keep: int = 50
    sample_visitors: int = 4096

    def __post_init__(self) -> None:
        names = [h.name for h in self.horizons]
        facets, codes = [name for name, _ in self.facets], [code for _, code in self.facets]
        for name in (self.namespace, *names, *facets, *codes):
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no name: it is empty, or has a space or one of {{}}:!")
        for listed in (names, facets, codes):
            if not listed or len(set(listed)) < len(listed):
                raise ValueError(f"{listed} must name at least one, and each once")
        for what in ("generation", "ttl_s", "keep", "sample_visitors"):
            if getattr(self, what) < 1:
                raise ValueError(f"{what} is {getattr(self, what)}, and must be at least 1")
        for horizon in self.horizons:
            if horizon.half_life_ms < 1:
                raise ValueError(
                    f"half-life of {horizon.name} is {horizon.half_life_ms} ms, and must be above 0"
                )

    @property
    def max_fields(self) -> int:
        """The most fields that a visitor's hash ever has: values, totals, and meta fields."""
        return 2 * self.keep * len(self.horizons) * len(self.facets) + len(self.facets) + len(META_FIELDS)

    @property
    def config_key(self) -> str:
        return config_key(self.namespace, self.generation)

    @property
    def sample_key(self) -> str:
        return sample_key(self.namespace, self.generation)

    def prior_key(self, facet: str) -> str:
        """`facet` is the facet's name."""
        return prior_key(self.namespace, self.generation, facet)

    def choices_key(self, facet: str) -> str:
        """`facet` is the facet's name."""
        return choices_key(self.namespace, self.generation, facet)

    def visitor_key(self, visitor: str) -> str:
        return visitor_key(self.namespace, self.generation, visitor)

    def to_json(self) -> str:
        """What readers need to know, for `config_key`."""
        return json.dumps(
            {
                "generation": self.generation,
                "horizons": [[h.name, h.half_life_ms] for h in self.horizons],
                "facets": [list(facet) for facet in self.facets],
                "ttl_s": self.ttl_s,
                "keep": self.keep,
                "sample_visitors": self.sample_visitors,
            }
        )

    @classmethod
    def from_json(cls, namespace: str, text: str | bytes) -> "PreferenceSchema":
        """The schema that `to_json` wrote. ValueError: the text is none."""
        try:
            config = json.loads(text)
            return cls(
                namespace=namespace,
                generation=config["generation"],
                horizons=tuple(Horizon(name, half_life_ms) for name, half_life_ms in config["horizons"]),
                facets=tuple((name, code) for name, code in config["facets"]),
                ttl_s=config["ttl_s"],
                keep=config["keep"],
                sample_visitors=config["sample_visitors"],
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a preference configuration: {error!r}") from error

    def same_layout(self, other: "PreferenceSchema") -> bool:
        """Whether both may write the same keys: the packed numbers mean the same."""
        return (self.horizons, self.facets) == (other.horizons, other.facets)
