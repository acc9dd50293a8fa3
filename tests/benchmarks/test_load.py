"""The events of a load."""

import struct
from collections import Counter
from itertools import islice
from pathlib import Path

from benchmarks.load import TOKEN, Load, first_visitors, households, visitors_of
from schemas.avro import decode
from schemas.behaviors import SCHEMA
from tidemark.stack.stack import LocalStack


def test_every_id_holds_the_token_and_bytes_read_back(tmp_path: Path) -> None:
    events = list(islice(households(), 100))
    load = Load(LocalStack(tmp_path, tmp_path), tmp_path / "load")
    assert load.write(events) == 100
    data = (tmp_path / "load").read_bytes()
    key, value = struct.unpack_from(">HH", data)
    first = decode(SCHEMA, data[4 + key : 4 + key + value])
    assert data[4 : 4 + key].decode() == first["visitor_id"]
    assert first["visitor_id"].startswith(TOKEN)
    assert first["event_id"].startswith(TOKEN)
    assert first["item_id"] == events[0]["item_id"]


def test_visitors_have_as_many_events_as_they_shall() -> None:
    events = list(islice(visitors_of(10), 20_000))
    assert Counter(event["visitor_id"] for event in events).most_common(1)[0][1] == 10
    assert len({event["event_id"] for event in events}) == 20_000


def test_other_visitors_are_left_out() -> None:
    events = list(first_visitors(islice(visitors_of(10), 20_000), 5))
    assert len({event["visitor_id"] for event in events}) == 5
    assert len(events) > 5
