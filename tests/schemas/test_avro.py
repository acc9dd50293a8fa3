from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import avro
from schemas.behaviors import SCHEMA
from tests.schemas import oracle
from tests.schemas.golden import BEHAVIORS_V1
from tests.schemas.strategies import behaviors, events

BODY = oracle.behavior(BEHAVIORS_V1[0])


@given(record=behaviors())
def test_the_bytes_are_those_of_the_avro_specification(record: dict[str, Any]) -> None:
    assert avro.encode(SCHEMA, record) == oracle.behavior(record)


@given(record=events(avro.load("feedback")))
def test_lists_maps_and_optional_numbers_too(record: dict[str, Any]) -> None:
    assert avro.encode(avro.load("feedback"), record) == oracle.feedback(record)


@given(record=behaviors())
def test_decoding_undoes_encoding(record: dict[str, Any]) -> None:
    assert avro.decode(SCHEMA, avro.encode(SCHEMA, record)) == record


def test_times_are_integer_milliseconds_on_both_sides() -> None:
    time = avro.decode(SCHEMA, BODY)["event_time"]
    assert (type(time), time) == (int, 1_483_271_606_000)


@given(end=st.integers(0, len(BODY) - 1))
def test_a_body_cut_short_is_refused(end: int) -> None:
    with pytest.raises(avro.DecodeError, match="not one record"):
        avro.decode(SCHEMA, BODY[:end])


@given(tail=st.binary(min_size=1))
def test_bytes_after_the_record_are_refused(tail: bytes) -> None:
    with pytest.raises(avro.DecodeError, match="left after the record"):
        avro.decode(SCHEMA, BODY + tail)


@given(body=st.binary())
def test_any_bytes_decode_or_are_refused_with_one_kind_of_error(body: bytes) -> None:
    try:
        record = avro.decode(SCHEMA, body)
    except avro.DecodeError:
        return
    assert list(record) == [field["name"] for field in SCHEMA.fields]


def test_an_unknown_schema_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        avro.load("no-such-event")


def test_every_field_is_documented() -> None:
    assert all(field["doc"].strip() for field in SCHEMA.fields)
