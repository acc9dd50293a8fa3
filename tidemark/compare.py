"""What differs between two generations of preferences."""

import heapq
import math
from dataclasses import dataclass, field
from typing import Any

from schemas.preferences import AT, PreferenceSchema, unpack, visitor_key
from sink_connectors.preference_commands import hash01
from tidemark.generations import Progress, configured, steps

TOP = 10
AT_ONCE = 100  # visitors: 15 MB of two generations at the most
SAME = 1e-6  # relative; sums of the same events in another order agree to 1e-9

Hash = dict[bytes, bytes]
_Numbers = dict[bytes, float]


@dataclass
class HorizonTally:
    """Values of one facet at one horizon that both generations have, and the visitors' strongest.

    values : in both. differing : of these, by more than a millionth.
    relative : sum over `values` of |new − old| / max(new, old), weights as of one time for both: the
        visitor's latest event in either. greatest : the greatest of it.
    log2_ratio : sum of log2(new / old).
    overlap : sum over `visitors` of the part of the ten strongest that are the same; ties count as the same.
    """

    values: int = 0
    differing: int = 0
    relative: float = 0.0
    greatest: float = 0.0
    log2_ratio: float = 0.0
    visitors: int = 0
    overlap: float = 0.0

    def add(self, old: _Numbers, new: _Numbers) -> None:
        """One visitor: log2 of the weight of each value, as of one time; not both empty."""
        for value in old.keys() & new.keys():
            ratio = new[value] - old[value]
            relative = -math.expm1(-abs(ratio) * math.log(2))
            self.values += 1
            self.differing += relative > SAME
            self.relative += relative
            self.greatest = max(self.greatest, relative)
            self.log2_ratio += ratio
        self.visitors += 1
        self.overlap += top_overlap(old, new)


@dataclass
class FacetTally:
    """Values that only one generation has, of visitors whom both have; `horizons` by name."""

    only_old: int = 0
    only_new: int = 0
    horizons: dict[str, HorizonTally] = field(default_factory=dict)


@dataclass
class Comparison:
    """Of the generations `old` and `new`.

    layout : in words, what differs in their configurations.
    only_old, only_new, both : visitors. compared : those of `both` whose values were compared.
    differing : those of `compared` with any difference in values.
    facets : those that both have, by name.
    """

    old: int
    new: int
    layout: list[str]
    facets: dict[str, FacetTally]
    only_old: int = 0
    only_new: int = 0
    both: int = 0
    compared: int = 0
    differing: int = 0


def compare(
    redis: Any, namespace: str, old: int, new: int, sample: int | None, progress: Progress
) -> Comparison:
    """Walk over both generations; memory is bounded by `sample`, the visitors whose values are compared.

    sample : of the visitors in both, those of smallest hash: the same ones at each call. None: all.

    Raises
    ------
    UserError : one of them is not there.
    """
    schemas = configured(redis, namespace, old), configured(redis, namespace, new)
    result = Comparison(old, new, _layout(*schemas), _tallies(*schemas))
    smallest: list[tuple[float, bytes]] = []  # a heap, the greatest hash first
    for found in steps(redis, namespace, progress):
        olds = [visitor for _, visitor, _ in found.of(old)]
        news = [visitor for _, visitor, _ in found.of(new)]
        both = [v for v, there in zip(olds, _exist(redis, namespace, new, olds), strict=True) if there]
        result.both += len(both)
        result.only_old += len(olds) - len(both)
        result.only_new += len(news) - sum(_exist(redis, namespace, old, news))
        if sample is None:
            _compare_values(redis, schemas, both, result)
        else:
            smallest = heapq.nlargest(
                sample, {*smallest, *((-hash01(visitor.decode()), visitor) for visitor in both)}
            )
    _compare_values(redis, schemas, [visitor for _, visitor in smallest], result)
    return result


def add_visitor(
    schemas: tuple[PreferenceSchema, PreferenceSchema], old: Hash, new: Hash, result: Comparison
) -> None:
    """Fold one visitor's two hashes into the result."""
    at_ms = max(int(fields.get(AT, 0)) for fields in (old, new))
    differs = False
    for facet, tally in result.facets.items():
        olds, news = _values(schemas[0], facet, old), _values(schemas[1], facet, new)
        if not olds and not news:
            continue
        tally.only_old += len(olds.keys() - news.keys())
        tally.only_new += len(news.keys() - olds.keys())
        differs |= olds.keys() != news.keys()
        for name, horizon in tally.horizons.items():
            before = horizon.differing
            horizon.add(_weights(schemas[0], name, olds, at_ms), _weights(schemas[1], name, news, at_ms))
            differs |= horizon.differing > before
    result.compared += 1
    result.differing += differs


def top_overlap(old: _Numbers, new: _Numbers) -> float:
    """The part of the ten strongest values that are the same, 0 to 1; which of equals are in is free."""
    olds, news = (heapq.nlargest(TOP, numbers.items(), key=lambda i: (i[1], i[0])) for numbers in (old, new))
    if not olds or not news:
        return 0.0
    edge = olds[-1][1] - SAME
    same = sum(old.get(value, -math.inf) >= edge for value, _ in news)
    return min(same, len(olds)) / max(len(olds), len(news))


def _compare_values(
    redis: Any,
    schemas: tuple[PreferenceSchema, PreferenceSchema],
    visitors: list[bytes],
    result: Comparison,
) -> None:
    for start in range(0, len(visitors), AT_ONCE):
        part = visitors[start : start + AT_ONCE]
        pipeline = redis.pipeline(transaction=False)
        for visitor in part:
            for schema in schemas:
                pipeline.hgetall(schema.visitor_key(visitor.decode()))
        answers = pipeline.execute()
        for old, new in zip(answers[::2], answers[1::2], strict=True):
            if old and new:  # or it has just gone
                add_visitor(schemas, old, new, result)


def _exist(redis: Any, namespace: str, generation: int, visitors: list[bytes]) -> list[int]:
    pipeline = redis.pipeline(transaction=False)
    for visitor in visitors:
        pipeline.exists(visitor_key(namespace, generation, visitor.decode()))
    answers: list[int] = pipeline.execute()
    return answers


def _values(schema: PreferenceSchema, facet: str, fields: Hash) -> dict[bytes, tuple[float, ...]]:
    prefix = dict(schema.facets)[facet].encode() + b":"
    return {f[len(prefix) :]: unpack(packed) for f, packed in fields.items() if f.startswith(prefix)}


def _weights(
    schema: PreferenceSchema, name: str, values: dict[bytes, tuple[float, ...]], at_ms: int
) -> _Numbers:
    """log2 of each value's weight at the horizon, as of `at_ms`."""
    place = [horizon.name for horizon in schema.horizons].index(name)
    faded = at_ms / schema.horizons[place].half_life_ms
    return {value: numbers[place] - faded for value, numbers in values.items()}


def _tallies(old: PreferenceSchema, new: PreferenceSchema) -> dict[str, FacetTally]:
    names = [h.name for h in old.horizons if h.name in {n.name for n in new.horizons}]
    facets = [facet for facet, _ in old.facets if facet in dict(new.facets)]
    return {facet: FacetTally(horizons={name: HorizonTally() for name in names}) for facet in facets}


def _layout(old: PreferenceSchema, new: PreferenceSchema) -> list[str]:
    said = []
    for what, before, after in (
        ("horizon", _half_lives(old), _half_lives(new)),
        ("facet", dict.fromkeys(dict(old.facets), "there"), dict.fromkeys(dict(new.facets), "there")),
        ("limit", _limits(old), _limits(new)),
    ):
        for name in [*before, *(n for n in after if n not in before)]:
            if before.get(name) != after.get(name):
                said.append(f"{what} {name}: {before.get(name, 'absent')} -> {after.get(name, 'absent')}")
    return said


def _half_lives(schema: PreferenceSchema) -> dict[str, str]:
    return {h.name: f"{h.half_life_ms} ms" for h in schema.horizons}


def _limits(schema: PreferenceSchema) -> dict[str, str]:
    return {"keep": str(schema.keep), "ttl_s": str(schema.ttl_s)}
