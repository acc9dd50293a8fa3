"""Python twin of `jvm/`'s `AdmitEvents`: the same steps, event by event."""

from collections import defaultdict
from dataclasses import dataclass, field

from schemas.event_types import EVENT_TYPES

ERASURES = EVENT_TYPES["erasure"].topic


@dataclass
class Key:
    """Keyed state of one key; units are kept by name, events without a unit by their id."""

    seen: set[tuple[str, str]] = field(default_factory=set)
    minutes: dict[int, set[tuple[str, str]]] = field(default_factory=lambda: defaultdict(set))


def verdict(
    key: Key, topic: str, event_id: str | None, minute: int, unit: str | None, per_minute: int
) -> str | None:
    """`AdmitEvents.eval`."""
    if event_id is None:
        return None
    if (topic, event_id) in key.seen:
        return "duplicate"
    if minute >= 0:
        counted = ("unit", unit) if unit is not None else (topic, event_id)
        units = key.minutes[minute]
        if counted not in units and len(units) >= per_minute:
            return "suspect"
        units.add(counted)
    if topic == ERASURES:
        key.seen.clear()
        key.minutes.clear()
    key.seen.add((topic, event_id))
    return None
