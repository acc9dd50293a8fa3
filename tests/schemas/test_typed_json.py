import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import behaviors
from schemas.avro import from_json, load
from schemas.event_types import EVENT_TYPES
from schemas.typed_json import decoder, json_type
from tests.schemas.strategies import behaviors as valid_behaviors

DECODER = decoder({"behavior": load("behavior")}, load("envelope"))


def accepts(record: dict[str, Any]) -> bool:
    try:
        DECODER.decode(json.dumps({"type": "behavior", **record}))
    except (msgspec.DecodeError, UnicodeError):
        return False
    return True


@given(record=valid_behaviors(), data=st.data())
def test_it_takes_what_a_replay_takes_and_refuses_what_that_refuses(
    record: dict[str, Any], data: st.DataObject
) -> None:
    values = st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.floats(allow_nan=False)
    changed = record | {data.draw(st.sampled_from(sorted(record))): data.draw(values)}
    for event in (record, changed):
        try:
            behaviors.validate(event)
        except behaviors.InvalidEvent:
            assert not accepts(event) or event["event_time"] is True
        else:
            # Lengths are bytes there and characters here: bytes are looked at by who decodes messages.
            assert accepts(event)


def test_a_type_without_a_json_type_is_refused() -> None:
    with pytest.raises(ValueError, match="field 'colour': no JSON type for the Avro type"):
        json_type({"name": "colour", "type": {"type": "enum", "name": "Colour", "symbols": ["RED"]}})


def test_the_choices_of_behaviours_are_those_that_jobs_know() -> None:
    (field,) = (of for of in load("behavior").fields if of["name"] == "behavior")
    assert tuple(field["choices"]) == behaviors.BEHAVIORS


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_event_names_itself_its_time_and_its_key(name: str) -> None:
    of = EVENT_TYPES[name]
    fields = {field["name"]: field for field in of.schema.fields}
    assert fields["event_id"]["type"] == "string"
    assert fields["event_time"]["type"] == {"type": "long", "logicalType": "timestamp-millis"}
    assert fields[of.key]["type"] == "string"
    assert all(field["doc"] for field in fields.values())


def test_schemas_may_be_read_from_text() -> None:
    text = '{"type": "record", "name": "A", "fields": [{"name": "n", "type": "int", "minimum": 3}]}'
    of = decoder({"a": from_json("a", text)}, load("envelope"))
    assert of.decode(b'{"type":"a","n":3}').n == 3
    with pytest.raises(msgspec.ValidationError, match="3"):
        of.decode(b'{"type":"a","n":2}')
