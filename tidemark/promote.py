"""Switching readers to another generation, and letting the one that they leave expire."""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from redis.cluster import RedisCluster
from redis.exceptions import LockError

from schemas.preferences import PreferenceSchema, retired_key, served_key
from tidemark.errors import UserError
from tidemark.generations import Found, configuration, configured, retired, served_now, steps

SHORTEST_KEEP_S = 120
"""Readers look once a minute which generation is served; until then they read the old one."""

LATE_S = 30  # a generation that goes so soon cannot be brought back whole
JUST_WRITTEN_S = 60
LOCKED_S = 60

Progress = Callable[[str, float], None]
"""Called with what is being done and the part that is done, 0 to 1."""


@dataclass(frozen=True)
class Promotion:
    """served : now. before : until now; the same when nothing was switched. retired : these expire.

    warnings : what the person should look at, a sentence each.
    """

    served: int
    before: int
    retired: list[int]
    warnings: list[str]


def promote(
    redis: Any,
    namespace: str,
    new: int,
    keep_s: int | None,
    progress: Progress = lambda _what, _part: None,
    *,
    force: bool = False,
) -> Promotion:
    """Serve the generation `new` from now on. Repeating it does what an interrupted call left undone.

    keep_s : seconds after which the generation that was served until now goes; None: it stays.
    force : promote it even though it was retired and has, at least in part, gone.

    Raises
    ------
    UserError : `new` is not there, has no visitors or has gone, or another promotion is going on.
    """
    lock = redis.lock(f"{served_key(namespace)}:lock", timeout=LOCKED_S)
    if not lock.acquire(blocking=False):
        raise UserError(
            f"another promotion in namespace {namespace} is going on: wait for its end, or {LOCKED_S} s"
        )

    def step(what: str, part: float) -> None:
        lock.reacquire()
        progress(what, part)

    try:
        return _promote(redis, namespace, new, keep_s, step, force)
    except LockError as error:
        raise UserError(
            f"interrupted for {LOCKED_S} s, and another may have promoted since: look at"
            " `tidemark generations`, and promote again",
            1,
        ) from error
    finally:
        with suppress(LockError):
            lock.release()


def _promote(
    redis: Any, namespace: str, new: int, keep_s: int | None, progress: Progress, force: bool
) -> Promotion:
    schema = _checked(redis, namespace, new, force)
    before, leaving = served_now(redis, namespace), retired(redis, namespace)
    old = configuration(redis, namespace, before)
    warnings = _about_readers(redis, old, schema)
    if new in leaving:
        _restore(redis, schema, progress)
        del leaving[new]
    if old is not None and before != new and keep_s is not None:
        leaving[before] = _now_ms() + 1000 * keep_s
    _switch(redis, namespace, new, leaving)
    if keep_s is None:
        return Promotion(new, before, [], warnings)
    schemas = {n: configuration(redis, namespace, n) for n in leaving}
    longest_s = _retire(redis, namespace, schemas, keep_s, progress)
    for n in leaving.keys() - longest_s.keys():
        if schemas[n] is None and leaving[n] < _now_ms():
            redis.hdel(retired_key(namespace), n)  # nothing of it is left: its number is free again
    return Promotion(new, before, sorted(longest_s), warnings + _about_writers(schemas, longest_s, keep_s))


def _checked(redis: Any, namespace: str, new: int, force: bool) -> PreferenceSchema:
    """The layout of a generation that may be served."""
    gone_at_ms = retired(redis, namespace).get(new)
    if gone_at_ms is not None and new != served_now(redis, namespace) and not force:
        left_s = (gone_at_ms - _now_ms()) / 1000
        if left_s < LATE_S:
            raise UserError(
                f"generation {new} has gone, or goes within {LATE_S} s: another was promoted in its place."
                " Rebuild it under a number of its own (or, rebuilt under this one since: --force)"
            )
    schema = configured(redis, namespace, new)
    if not any(found.of(new) for found in steps(redis, namespace, lambda _: None)):
        raise UserError(f"generation {new} has no visitors: has its job written anything?")
    return schema


def _about_readers(redis: Any, old: PreferenceSchema | None, new: PreferenceSchema) -> list[str]:
    warnings = [
        f"generation {new.generation} has no prior of {facet} yet: unknown visitors get no answer from it"
        for facet, _ in new.facets
        if not redis.exists(new.prior_key(facet))
    ]
    if old is not None:
        missing = [h.name for h in old.horizons if h.name not in {n.name for n in new.horizons}]
        missing += [facet for facet, _ in old.facets if facet not in dict(new.facets)]
        warnings += [
            f"generation {new.generation} has no {name}: readers that ask for it get an error"
            for name in missing
        ]
    return warnings


def _switch(redis: Any, namespace: str, new: int, leaving: dict[int, int]) -> None:
    """The one moment in which the answer changes."""
    pipeline = redis.pipeline(transaction=not isinstance(redis, RedisCluster))
    if leaving:
        pipeline.hset(retired_key(namespace), mapping=leaving)
    pipeline.set(served_key(namespace), new)
    pipeline.hdel(retired_key(namespace), new)
    pipeline.execute()


def _restore(redis: Any, schema: PreferenceSchema, progress: Progress) -> None:
    """Take back `_retire`: the times to live are whole again, counted from now."""
    if (
        not redis.persist(schema.config_key)
        and configuration(redis, schema.namespace, schema.generation) is None
    ):
        raise UserError(f"generation {schema.generation} has gone just now: rebuild it")
    pipeline = redis.pipeline(transaction=False)
    for shared in _shared(schema):
        pipeline.expire(shared, schema.ttl_s, gt=True)
    pipeline.execute()
    what = f"keeping generation {schema.generation}"
    for found in steps(redis, schema.namespace, lambda part: progress(what, part)):
        pipeline = redis.pipeline(transaction=False)
        for _, _, key in found.of(schema.generation):
            pipeline.expire(key, schema.ttl_s, gt=True)
        pipeline.execute()


def _retire(
    redis: Any,
    namespace: str,
    schemas: Mapping[int, PreferenceSchema | None],
    keep_s: int,
    progress: Progress,
) -> dict[int, int]:
    """Give every key of the generations a time to live of at most `keep_s`.

    The configuration goes first: as long as it is there, so are the visitors.
    Returns the longest time in seconds that a visitor of each had left; none for one without visitors.
    """
    pipeline = redis.pipeline(transaction=False)
    for schema in schemas.values():
        for key in (schema.config_key, *_shared(schema)) if schema else ():
            pipeline.expire(key, keep_s, lt=True)
    pipeline.execute()
    longest_s: dict[int, int] = {}
    if schemas:
        what = f"letting {', '.join(map(str, sorted(schemas)))} expire"
        for found in steps(redis, namespace, lambda part: progress(what, part)):
            for generation, ttl_s in _expire(redis, found, schemas, keep_s):
                longest_s[generation] = max(longest_s.get(generation, 0), ttl_s)
    return longest_s


def _expire(redis: Any, found: Found, generations: Iterable[int], keep_s: int) -> list[tuple[int, int]]:
    """(generation, seconds that it had left) of each visitor."""
    visitors = found.of(*generations)
    pipeline = redis.pipeline(transaction=False)
    for _, _, key in visitors:
        pipeline.ttl(key)
        pipeline.expire(key, keep_s, lt=True)
    return [(n, ttl_s) for (n, _, _), ttl_s in zip(visitors, pipeline.execute()[::2], strict=True)]


def _about_writers(
    schemas: Mapping[int, PreferenceSchema | None], longest_s: Mapping[int, int], keep_s: int
) -> list[str]:
    """A write renews the time to live, so what is left of it says when the last one was."""
    return [
        f"generation {n} was written less than a minute ago. If its job still runs, stop it and promote"
        f" again: what it writes stays for {schema.ttl_s // 86400} days"
        for n, schema in schemas.items()
        if schema and longest_s.get(n, 0) > max(keep_s, schema.ttl_s - JUST_WRITTEN_S)
    ]


def _shared(schema: PreferenceSchema) -> list[str]:
    facets = [facet for facet, _ in schema.facets]
    return [schema.sample_key, *map(schema.prior_key, facets), *map(schema.choices_key, facets)]


def _now_ms() -> int:
    return round(time.time() * 1000)
