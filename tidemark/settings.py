"""Where Kafka, Redis and Flink are: an option, the environment, the local stack, or the usual ports."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Addresses and folders, read from `TIDEMARK_…` variables; `None` means: ask the local stack.

    kafka : bootstrap servers, `host:port[,host:port]`.
    redis : URL, `redis://[user:password@]host:port[/db]`.
    flink : REST address of the job manager, `host:port`.
    run : folder of the local stack's data, logs and `stack.json`.
    tools : folder of the local stack's programs (Kafka, connectors).
    """

    model_config = SettingsConfigDict(env_prefix="TIDEMARK_", extra="ignore")

    kafka: str = ""
    redis: str = ""
    flink: str = ""
    namespace: str = "tm"
    run: Path = Path(".run")
    tools: Path = Path(".tools")

    def model_post_init(self, _context: Any) -> None:
        stack = stack_addresses(self.run)
        self.kafka = self.kafka or stack.get("kafka", "127.0.0.1:9092")
        self.redis = self.redis or stack.get("redis", "redis://127.0.0.1:6379")
        self.flink = self.flink or stack.get("flink", "127.0.0.1:8081")


def stack_addresses(run: Path) -> dict[str, str]:
    """The addresses that `tidemark up` wrote to `stack.json`; empty when no local stack was started."""
    file = run / "stack.json"
    if not file.exists():
        return {}
    addresses: dict[str, str] = json.loads(file.read_text())["addresses"]
    return addresses


def without_password(value: str) -> str:
    """A URL's password as `***`; anything else unchanged."""
    password = urlsplit(value).password if "://" in value else None
    return value.replace(f":{password}@", ":***@") if password else value
