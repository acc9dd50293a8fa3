"""Where Kafka, Redis and Flink are: an option, the environment, the local stack, or the usual ports."""

import json
import os
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from flink_jobs.kafka_access import PREFIX, KafkaAccess
from sink_connectors.redis_address import CA, PASSWORD_FILE, URL, RedisAddress
from tidemark.errors import UserError, described


class Settings(BaseSettings):
    """Addresses and folders, read from `TIDEMARK_…` variables; `None` means: ask the local stack.

    kafka : bootstrap servers, `host:port[,host:port]`.
    redis, redis_password_file, redis_ca : see `RedisAddress`.
    erasure_key_file : the jobs' file, or a copy; see `RunConfig`.
    flink : REST address of the job manager, `host:port`.
    run : folder of the local stack's data, logs and `stack.json`.
    tools : folder of the local stack's programs (Kafka, connectors).
    """

    model_config = SettingsConfigDict(env_prefix="TIDEMARK_", extra="ignore")

    kafka: str = ""
    redis: str = ""
    redis_password_file: str = ""
    redis_ca: str = ""
    erasure_key_file: str = ""
    flink: str = ""
    namespace: str = "tm"
    run: Path = Path(".run")
    tools: Path = Path(".tools")

    def model_post_init(self, _context: Any) -> None:
        stack = stack_addresses(self.run)
        self.kafka = self.kafka or stack.get("kafka", "127.0.0.1:9092")
        self.redis = self.redis or stack.get("redis", "redis://127.0.0.1:6379")
        self.flink = self.flink or stack.get("flink", "127.0.0.1:8081")

    def kafka_access(self, kafka: str = "") -> KafkaAccess:
        """How to reach `kafka` (`host:port,…`), or else the Kafka of these settings.

        The local stack's own is reached as `tidemark up` set it up; variables go before that.

        Raises
        ------
        UserError : a `TIDEMARK_KAFKA_…` variable is wrong.
        """
        bootstrap, stack = kafka or self.kafka, stack_access(self.run)
        known = stack if stack.get(PREFIX) == bootstrap else {}
        given = {name: value for name, value in os.environ.items() if value}
        try:
            return KafkaAccess.from_variables({**known, **given, PREFIX: bootstrap})
        except ValidationError as error:
            raise UserError(f"wrong {PREFIX} settings: {described(error)}") from error
        except ValueError as error:
            raise UserError(f"wrong {PREFIX} settings: {error}") from error

    def redis_address(self, url: str = "") -> RedisAddress:
        """How to reach Redis at `url`, or else that of these settings; the local stack's as it was set up.

        Raises
        ------
        UserError : it is no URL.
        """
        url, stack = url or self.redis, stack_access(self.run)
        known = stack if stack.get(URL) == url else {}
        try:
            return RedisAddress(
                url,
                self.redis_password_file or known.get(PASSWORD_FILE, ""),
                self.redis_ca or known.get(CA, ""),
            )
        except ValueError as error:
            raise UserError(str(error)) from error


def stack_addresses(run: Path) -> dict[str, str]:
    """The addresses that `tidemark up` wrote to `stack.json`; empty when no local stack was started."""
    return _of_stack(run, "addresses")


def stack_access(run: Path) -> dict[str, str]:
    """The `TIDEMARK_…` variables that reach the local stack's Kafka and Redis; no secret is in them."""
    return _of_stack(run, "access")


def _of_stack(run: Path, part: str) -> dict[str, str]:
    file = run / "stack.json"
    if not file.exists():
        return {}
    found: dict[str, str] = json.loads(file.read_text()).get(part, {})
    return found
