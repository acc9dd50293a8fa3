"""What is looked at before a job is submitted: a mistake ends in one line, not in a stack trace."""

import os
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError
from redis.exceptions import RedisError, ResponseError

from sink_connectors.redis_address import PASSWORD, PASSWORD_FILE, RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_errors import explained
from tidemark.errors import UserError, described

if TYPE_CHECKING:
    from flink_jobs.config import RunConfig

TIMEOUT_S = 5
REDIS_AT_LEAST = 7
TOO_OLD = f"functions need {REDIS_AT_LEAST} or newer"


def check_visitor_preferences() -> None:
    """Configuration, topic, Redis, and that no other layout stands under the same generation.

    Raises
    ------
    UserError : the first thing that is wrong.
    """
    from flink_jobs.config import VisitorPreferencesConfig
    from sink_connectors.prepare import layout_conflict

    with reading(VisitorPreferencesConfig):
        config = VisitorPreferencesConfig()
        schema = config.redis_schema
        config.source(group="check")
        config.erasures(group="check")
    with closing(check_servers(config.run, config.topic, [config.erasures_topic])) as redis:
        try:
            conflict = layout_conflict(redis, schema)
        except (RedisError, OSError) as error:
            raise UserError(explained(error, config.run.redis_address)) from error
    if conflict:
        raise UserError(f"{conflict} (--set generation={schema.generation + 1})")


def check_servers(run: "RunConfig", topic: str, others: Iterable[str]) -> RedisConnection:
    """A connection to Redis; Kafka has the topic that a job reads, and by now the others.

    others : topics in which nothing may have been written yet; created where they are missing.

    Raises
    ------
    UserError : the first thing that is wrong.
    """
    from tidemark.topics import check_topic, create_topics

    refuse_secret_in_variable(run.redis_address)
    check_topic(run.kafka, topic)
    create_topics(run.kafka, others)
    return check_redis(run.redis_address)


def refuse_secret_in_variable(address: RedisAddress) -> None:
    """Raises UserError: the password is in a variable that would not reach the task managers safely."""
    if address.secret_stays_behind():
        raise UserError(
            f"{PASSWORD} is a variable of this machine, and Flink logs those of task managers:"
            f" put the password into a file there, and name it in {PASSWORD_FILE}"
        )


@contextmanager
def reading(config: type[BaseSettings]) -> Iterator[None]:
    """What is wrong with a job's variables is a UserError, and so is a variable that it does not know."""
    _refuse_unknown(config)
    try:
        yield
    except ValidationError as error:
        raise UserError(f"wrong configuration: {described(error)}") from error
    except SettingsError as error:
        raise UserError(f"wrong configuration: {error}: lists and maps are written as JSON") from error


def _refuse_unknown(config: type[BaseSettings]) -> None:
    """A misspelt variable would otherwise leave its default in place, unnoticed."""
    prefix, fields = str(config.model_config["env_prefix"]), config.model_fields
    for variable in os.environ:
        field = variable.removeprefix(prefix).lower()
        if variable.startswith(prefix) and field not in fields:
            raise UserError(f"wrong configuration: no setting {field!r}; there is: {', '.join(fields)}")


def check_redis(address: RedisAddress) -> RedisConnection:
    """A connection to a Redis, or a Redis Cluster, that answers and is new enough for functions.

    Raises
    ------
    UserError : nobody answers, password or certificate are wrong, or the version is too old.
    """
    try:
        redis = RedisConnection(address, TIMEOUT_S)
        version = redis.hello()[b"version"].decode()
    except ValueError as error:
        raise UserError(str(error)) from error
    except ResponseError as error:
        raise UserError(f"Redis at {address} is too old ({error}): {TOO_OLD}") from error
    except (RedisError, OSError) as error:
        raise UserError(explained(error, address)) from error
    if int(version.split(".")[0]) < REDIS_AT_LEAST:
        raise UserError(f"Redis at {address} is {version}: {TOO_OLD}")
    return redis
