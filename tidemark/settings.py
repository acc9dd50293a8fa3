"""Where Kafka, Redis and Flink are: an option, the environment, the local stack, or the usual ports."""

import json
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings, SettingsConfigDict

from sink_connectors.redis_address import RedisAddress
from tidemark.errors import UserError


class Settings(BaseSettings):
    """Addresses and folders, read from `TIDEMARK_…` variables; `None` means: ask the local stack.

    kafka : bootstrap servers, `host:port[,host:port]`.
    redis, redis_password_file, redis_ca : see `RedisAddress`.
    flink : REST address of the job manager, `host:port`.
    run : folder of the local stack's data, logs and `stack.json`.
    tools : folder of the local stack's programs (Kafka, connectors).
    """

    model_config = SettingsConfigDict(env_prefix="TIDEMARK_", extra="ignore")

    kafka: str = ""
    redis: str = ""
    redis_password_file: str = ""
    redis_ca: str = ""
    flink: str = ""
    namespace: str = "tm"
    run: Path = Path(".run")
    tools: Path = Path(".tools")

    def model_post_init(self, _context: Any) -> None:
        stack = stack_addresses(self.run)
        self.kafka = self.kafka or stack.get("kafka", "127.0.0.1:9092")
        self.redis = self.redis or stack.get("redis", "redis://127.0.0.1:6379")
        self.flink = self.flink or stack.get("flink", "127.0.0.1:8081")

    def redis_address(self, url: str = "") -> RedisAddress:
        """How to reach Redis, at `url` if there is one. UserError: it is none."""
        try:
            return RedisAddress(url or self.redis, self.redis_password_file, self.redis_ca)
        except ValueError as error:
            raise UserError(str(error)) from error


def stack_addresses(run: Path) -> dict[str, str]:
    """The addresses that `tidemark up` wrote to `stack.json`; empty when no local stack was started."""
    file = run / "stack.json"
    if not file.exists():
        return {}
    addresses: dict[str, str] = json.loads(file.read_text())["addresses"]
    return addresses
