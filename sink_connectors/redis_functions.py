"""The Redis functions of `tidemark.lua`: their names, and loading them."""

from functools import cache
from hashlib import blake2b
from importlib.resources import files

from sink_connectors.redis_connection import RedisConnection


@cache
def library() -> tuple[str, str]:
    """(version, source code). The version comes from the code: releases with other code use other names."""
    code = files("sink_connectors").joinpath("tidemark.lua").read_text()
    version = blake2b(code.encode(), digest_size=4).hexdigest()
    return version, code.replace("VERSION", version)


def function(name: str) -> bytes:
    """The name under which FCALL finds the function `name` (grow, sample) of this release."""
    return f"tidemark_{library()[0]}_{name}".encode()


def load_functions(redis: RedisConnection) -> None:
    """Load the library, on every master of a cluster; loading it again changes nothing."""
    redis.everywhere(["FUNCTION", "LOAD", "REPLACE", library()[1]])
