"""What is looked at before a job is submitted: a mistake ends in one line, not in a stack trace."""

from typing import Any

import redis
from pydantic import ValidationError

from tidemark.errors import UserError

TIMEOUT_S = 5
REDIS_AT_LEAST = 7


def check_visitor_preferences() -> None:
    """Configuration, topic, Redis, and that no other layout stands under the same generation.

    Raises
    ------
    UserError : the first thing that is wrong.
    """
    from flink_jobs.config import VisitorPreferencesConfig
    from schemas.preferences import PreferenceSchema
    from tidemark.topics import check_topic

    try:
        config = VisitorPreferencesConfig()
        schema = config.redis_schema
    except ValidationError as error:
        raise UserError(f"wrong configuration: {described(error)}") from error
    check_topic(config.run.kafka, config.topic)
    with check_redis(config.run.redis) as client:
        stored = client.get(schema.config_key)
    if stored and not schema.same_layout(PreferenceSchema.from_json(schema.namespace, stored)):
        raise UserError(
            f"Redis holds preferences of generation {schema.generation} with other horizons or facets: "
            f"give the new ones a generation of their own (--set generation={schema.generation + 1})"
        )


def described(error: ValidationError) -> str:
    """Each wrong field and why, in one line."""
    return "; ".join(
        f"{'.'.join(str(part) for part in wrong['loc'])}: {wrong['msg'].removeprefix('Value error, ')}"
        for wrong in error.errors()
    )


def check_redis(url: str) -> redis.Redis:
    """A connection to a Redis that answers and is new enough for functions.

    Raises
    ------
    UserError : the URL is none, nobody answers, the password is wrong, or the version is too old.
    """
    from tidemark.jobs import without_password

    shown = without_password(url)
    try:
        client: redis.Redis = redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )
        server: Any = client.info("server")
        version = str(server["redis_version"])
    except ValueError as error:
        raise UserError(
            f"{shown} is no Redis URL ({error}); write redis://[user:password@]host:port[/db]"
        ) from error
    except redis.AuthenticationError as error:
        raise UserError(f"Redis at {shown} refuses the user or password ({error}): mend the URL") from error
    except redis.RedisError as error:
        raise UserError(f"Redis does not answer at {shown} ({error}): start it, or name another") from error
    if int(version.split(".")[0]) < REDIS_AT_LEAST:
        raise UserError(f"Redis at {shown} is {version}; functions need {REDIS_AT_LEAST} or newer")
    return client
