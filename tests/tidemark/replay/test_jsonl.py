import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tidemark.replay.conftest import event
from tidemark.replay.jsonl import JsonLines
from tidemark.replay.selection import events
from tidemark.replay.source import Selection


def read(file: Path) -> list[object]:
    return [row if isinstance(row, dict) else str(row) for row in events(JsonLines(file), Selection())]


def test_a_line_is_an_event(lines: Callable[..., Path]) -> None:
    wanted = [event(1, category="洗发水"), event(2, price=1.5, quantity=2.0, brand="b")]
    assert read(lines(*(json.dumps(each) for each in wanted))) == wanted
    assert read(lines(*(json.dumps(each, ensure_ascii=False) for each in wanted))) == wanted


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('{"event_id": ', "not JSON: Expecting value at column 14"),
        ("[1, 2]", "not a JSON object"),
        ("null", "not a JSON object"),
        ("", "empty line"),
        (b'{"event_id": "\xff"}', "not UTF-8 at byte 15 of the line"),
        ("[" * 100_000, "not an event: nested too deeply"),
        (json.dumps(event(price=float("nan"))), "behavior.price: not finite"),
        (json.dumps(event(price="1.5")), "behavior.price: not a number"),
        (
            json.dumps(event(behavior="pv")),
            "behavior.behavior: 'pv' is none of view, favourite, cart, purchase",
        ),
        (json.dumps(event(item_id="\ud800")), "behavior.item_id: not valid Unicode (half a surrogate pair)"),
        (json.dumps(event(colour="red")), "behavior.colour: unknown field"),
        ("{}", "behavior.event_id: missing"),
    ],
)
def test_a_bad_line_is_reported_with_file_line_and_reason(
    lines: Callable[..., Path], line: str | bytes, reason: str
) -> None:
    good = json.dumps(event())
    assert read(lines(good, line, good)) == [event(), f"events:2: {reason}", event()]


def test_a_number_of_many_digits_is_no_crash(lines: Callable[..., Path]) -> None:
    (row,) = read(lines('{"event_id": ' + "9" * 5000 + "}"))
    assert isinstance(row, str)
    assert row.startswith("events:1: ")
