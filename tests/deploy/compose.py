"""`docker-compose.yml` as a container engine would read it."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}|\$\{(\w+)\}|\$\$")


@dataclass(frozen=True)
class Service:
    """One service: what its container runs, with what, and how it tells that it is well.

    entrypoint : None where the image's own is used.
    volumes : path in the container -> name of a volume, or path of a folder of the repository; None: its own.
    secrets : path in the container -> file.
    depends_on : service -> condition.
    """

    name: str
    image: str
    entrypoint: list[str] | None
    command: list[str]
    environment: dict[str, str]
    health: list[str]
    volumes: dict[str, str | None]
    secrets: dict[str, Path]
    depends_on: dict[str, str]
    memory: str
    settings: Mapping[str, Any]


def interpolate(value: Any, environment: Mapping[str, str]) -> Any:
    """`${NAME:-default}`, `${NAME}` and `$$` in every string of a tree."""

    def found(match: "re.Match[str]") -> str:
        name = match[1] or match[3]
        if name is None:
            return "$"
        return environment.get(name, "") or (match[2] or "")

    if isinstance(value, str):
        return VARIABLE.sub(found, value)
    if isinstance(value, dict):
        return {key: interpolate(item, environment) for key, item in value.items()}
    return [interpolate(item, environment) for item in value] if isinstance(value, list) else value


def read(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The file, merged and interpolated."""
    tree: dict[str, Any] = interpolate(YAML(typ="safe").load(FILE.read_text()), environment)
    return tree


def services(environment: Mapping[str, str] = os.environ) -> dict[str, Service]:
    """Every service by name."""
    tree = read(environment)
    return {name: _service(name, one, tree["secrets"]) for name, one in tree["services"].items()}


def _service(name: str, one: dict[str, Any], secrets: dict[str, Any]) -> Service:
    return Service(
        name=name,
        image=one["image"],
        entrypoint=[str(word) for word in one["entrypoint"]] if "entrypoint" in one else None,
        command=[str(word) for word in one.get("command", [])],
        environment={key: str(value) for key, value in one.get("environment", {}).items()},
        health=[str(word) for word in one.get("healthcheck", {}).get("test", [])],
        volumes=dict(_volume(text) for text in [*one.get("volumes", []), *one.get("tmpfs", [])]),
        secrets={f"/run/secrets/{key}": ROOT / secrets[key]["file"] for key in one.get("secrets", [])},
        depends_on={other: how["condition"] for other, how in one.get("depends_on", {}).items()},
        memory=str(one.get("mem_limit", "")),
        settings=one,
    )


def _volume(text: str) -> tuple[str, str | None]:
    source, _, target = text.removesuffix(":ro").rpartition(":")
    return target, source or None
