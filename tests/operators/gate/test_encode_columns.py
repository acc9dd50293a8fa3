"""Columns as Avro: the same bytes as fastavro's, a record at a time."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.gate.encode_columns import column_encoder
from schemas.avro import Schema, encode, from_json
from schemas.event_types import EVENT_TYPES
from tests.schemas.strategies import events

NUMBERS = from_json(
    "numbers",
    """{"type": "record", "name": "Numbers", "fields": [
        {"name": "whole", "type": "long"},
        {"name": "maybe", "type": ["null", "long"]},
        {"name": "real", "type": ["null", "double"]}
    ]}""",
)
WHOLE = st.integers(-(2**63), 2**63 - 1)


def columns(schema: Schema, records: list[dict[str, Any]]) -> list[list[Any]]:
    return [[record[field["name"]] for record in records] for field in schema.fields]


@pytest.mark.parametrize("name", EVENT_TYPES)
@given(data=st.data())
def test_events_are_the_bytes_that_fastavro_makes_of_each(name: str, data: st.DataObject) -> None:
    schema = EVENT_TYPES[name].schema
    records = data.draw(st.lists(events(schema), min_size=1, max_size=5))
    assert list(column_encoder(schema)(columns(schema, records))) == [encode(schema, one) for one in records]


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "whole": WHOLE | st.sampled_from([0, -1, 63, 64, -64, -65, 2**63 - 1, -(2**63)]),
                "maybe": st.none() | WHOLE,
                "real": st.none() | st.floats(),
            }
        ),
        min_size=1,
    )
)
def test_numbers_take_as_many_bytes_as_they_need(records: list[dict[str, Any]]) -> None:
    assert list(column_encoder(NUMBERS)(columns(NUMBERS, records))) == [
        encode(NUMBERS, one) for one in records
    ]
