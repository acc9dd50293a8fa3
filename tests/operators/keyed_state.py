"""Keyed state of one key, as Flink gives it to a process function."""

from collections.abc import Iterator
from typing import Any


class Values:
    """A value state; None while it is unset."""

    def __init__(self) -> None:
        self._value: Any = None

    def value(self) -> Any:
        return self._value

    def update(self, value: Any) -> None:
        self._value = value


class Entries:
    """A map state."""

    def __init__(self) -> None:
        self._entries: dict[Any, Any] = {}

    def get(self, key: Any) -> Any:
        return self._entries.get(key)

    def put(self, key: Any, value: Any) -> None:
        self._entries[key] = value

    def remove(self, key: Any) -> None:
        self._entries.pop(key, None)

    def keys(self) -> Iterator[Any]:
        return iter(self._entries)

    def items(self) -> Iterator[tuple[Any, Any]]:
        return iter(self._entries.items())
