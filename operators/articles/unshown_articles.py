"""Articles of which something was said and which were in no list yet: in keyed state, and at hand."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

AT_ONCE = 64
"""So many, of those that wait, have their turn in a batch."""


class UnshownArticles:
    """State: `unshown`, an entry an article, the event time of what was said of it.

    retention_ms : event time after which they wait no longer.
    """

    def __init__(self, unshown: Any, retention_ms: int) -> None:
        self._unshown, self._retention_ms = unshown, retention_ms
        self._at_hand: dict[str, int] | None = None

    def add(self, said_ms: Mapping[str, int]) -> None:
        """Articles, and when that was said, wait for their first list; one that had it, for its next."""
        for name, at_ms in said_ms.items():
            self._unshown.put(name, at_ms.to_bytes(8, "big", signed=True))
            self._waiting()[name] = at_ms

    def take(self, shown: Iterable[str]) -> list[str]:
        """Those of these articles that waited; they do no longer."""
        found = [name for name in dict.fromkeys(shown) if name in self._waiting()]
        for name in found:
            self._drop(name)
        return found

    def next_in_turn(self, now_ms: int) -> list[str]:
        """Some that wait, those first whose last turn is longest ago; now_ms : event time."""
        waiting, found = self._waiting(), []
        for name in list(islice(waiting, AT_ONCE)):
            if now_ms - waiting[name] < self._retention_ms:
                waiting[name] = waiting.pop(name)  # to the end
                found.append(name)
            else:
                self._drop(name)
        return found

    def _drop(self, name: str) -> None:
        del self._waiting()[name]
        self._unshown.remove(name)

    def _waiting(self) -> dict[str, int]:
        if self._at_hand is None:
            said = self._unshown.items()
            self._at_hand = {name: int.from_bytes(bytes(blob), "big", signed=True) for name, blob in said}
        return self._at_hand
