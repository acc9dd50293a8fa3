"""What must be in Redis before anything is written."""

from schemas.preferences import PreferenceSchema
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_functions import load_functions


def prepare(redis: RedisConnection, schema: PreferenceSchema) -> None:
    """Load the functions and publish the configuration for readers.

    Raises
    ------
    ValueError : the generation holds numbers of another layout.
    """
    conflict = layout_conflict(redis, schema)
    if conflict:
        raise ValueError(conflict)
    load_functions(redis)
    redis.ask(["SET", schema.config_key, schema.to_json()])


def layout_conflict(redis: RedisConnection, schema: PreferenceSchema) -> str | None:
    """One sentence if what is in Redis under this namespace and generation cannot be continued, else None."""
    text = redis.ask(["GET", schema.config_key])
    if text is None:
        return None
    present = PreferenceSchema.from_json(schema.namespace, text)
    if present.same_layout(schema):
        return None
    return (
        f"Redis holds preferences of generation {schema.generation} with other horizons or facets "
        f"({_layout(present)} instead of {_layout(schema)}): write them as a new generation"
    )


def _layout(schema: PreferenceSchema) -> str:
    horizons = ", ".join(f"{h.name} {h.half_life_ms} ms" for h in schema.horizons)
    return f"{horizons}; {', '.join(f'{name} ({code})' for name, code in schema.facets)}"
