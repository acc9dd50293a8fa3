"""Exposures that storefronts logged, and purchases that followed: from Kafka's topics or from JSON lines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.layouts.attribute_conversions import Touches, conversions, last_touch
from schemas.avro import DecodeError, decode, load
from schemas.event_types import EVENT_TYPES
from tidemark.errors import UserError
from tidemark.topics import Kafka

Event = dict[str, Any]


@dataclass(frozen=True)
class LayoutLog:
    """n exposures and what became of them, all of length n.

    affinities : as logged; none: nothing was known. fold : 0 or 1, the same for all of a visitor.
    converted : 1.0 or 0.0. revenue : of the conversion.
    """

    shop: list[str]
    segment: list[str]
    affinities: list[tuple[float, ...]]
    layout: list[str]
    fold: Ints
    propensity: Floats
    converted: Floats
    revenue: Floats


def labelled(
    exposures: Iterable[Event], behaviors: Iterable[Event], window_ms: int, since_ms: int = 0
) -> LayoutLog:
    """The log, each event id counted once, purchases owed as the job says.

    since_ms : exposures before it are left out; they are owed what they are owed.
    """
    shown = _once(exposures)
    bought = [event for event in _once(behaviors) if event["behavior"] == "purchase"]
    numbers: dict[tuple[str, str], int] = {}
    owners = [numbers.setdefault((e["visitor_id"], e["shop_id"]), len(numbers)) for e in (*shown, *bought)]
    ranks = sorted(range(len(shown)), key=lambda i: _java_order(shown[i]["event_id"]))
    rank = np.zeros(len(shown), dtype=np.int64)
    rank[ranks] = np.arange(len(shown))
    owner, n = np.array(owners, dtype=np.int64), len(shown)
    touches = Touches(owner[:n], _times(shown), rank)
    touched = last_touch(touches, owner[n:], _times(bought), window_ms)
    converted, revenue = conversions(touched, _worth(bought), n)
    visitors: dict[str, int] = {}
    fold = np.array([visitors.setdefault(e["visitor_id"], len(visitors)) % 2 for e in shown], dtype=np.int64)
    kept = np.flatnonzero(touches.at_ms >= since_ms)
    return LayoutLog(
        shop=[shown[i]["shop_id"] for i in kept],
        segment=[shown[i]["segment"] or "" for i in kept],
        affinities=[tuple(shown[i]["affinities"] or ()) for i in kept],
        layout=[shown[i]["layout"] for i in kept],
        fold=fold[kept],
        propensity=np.array([shown[i]["propensity"] for i in kept], dtype=np.float64),
        converted=converted[kept],
        revenue=revenue[kept],
    )


def events_of_topic(kafka: Kafka, topic: str, schema_name: str) -> Iterator[Event]:
    """All events that the topic holds. UserError: there is no such topic, or it holds something else."""
    from tidemark.gate.read_topic import read_topic
    from tidemark.topics import check_topic

    schema = EVENT_TYPES[schema_name].schema
    for records in read_topic(kafka, check_topic(kafka, topic)):
        for record in records:
            try:
                yield decode(schema, record.value)
            except DecodeError as error:
                place = f"{topic}:{record.partition}:{record.offset}"
                raise UserError(f"{place} is no {schema_name}: {error}") from error


def events_of_lines(file: Path) -> tuple[list[Event], list[Event]]:
    """(exposures, behaviours) of a file with one JSON object a line, as the gate takes them.

    UserError: the file cannot be read, or a line is no exposure and no behaviour.
    """
    from msgspec import UNSET, MsgspecError
    from msgspec.structs import asdict

    from schemas.typed_json import decoder

    names = ("exposure", "behavior")
    read = decoder({name: EVENT_TYPES[name].schema for name in names}, load("envelope")).decode
    found: dict[str, list[Event]] = {name: [] for name in names}
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    event = read(line)
                except MsgspecError as error:
                    raise UserError(f"{file}:{number}: no exposure and no behaviour: {error}") from error
                known = {name: None if value is UNSET else value for name, value in asdict(event).items()}
                found[type(event).__name__].append(known)
    except OSError as error:
        raise UserError(f"{file}: {error.strerror}") from error
    return found["exposure"], found["behavior"]


def _once(events: Iterable[Event]) -> list[Event]:
    """The first of each event id of a visitor."""
    found: dict[tuple[str, str], Event] = {}
    for event in events:
        found.setdefault((event["visitor_id"], event["event_id"]), event)
    return list(found.values())


def _times(events: list[Event]) -> Ints:
    return np.array([event["event_time"] for event in events], dtype=np.int64)


def _worth(purchases: list[Event]) -> Floats:
    quantities = [1.0 if p["quantity"] is None else p["quantity"] for p in purchases]
    prices = [0.0 if p["price"] is None else p["price"] for p in purchases]
    return np.array(prices, dtype=np.float64) * np.array(quantities, dtype=np.float64)


def _java_order(text: str) -> bytes:
    """Compares as the job's strings do, by UTF-16."""
    return text.encode("utf-16-be")
