import json

import pytest

from schemas import avro, flink_types
from schemas.behaviors import SCHEMA
from schemas.event_types import EVENT_TYPES

NAMES = [field["name"] for field in SCHEMA.fields]
OPTIONAL = {"brand", "price", "quantity"}


def schema_of(avro_type: object) -> avro.Schema:
    definition = {"type": "record", "name": "Event", "fields": [{"name": "field", "type": avro_type}]}
    return avro.from_json("event", json.dumps(definition))


def test_columns_stand_in_schema_order_with_their_nullability() -> None:
    lines = flink_types.columns(SCHEMA).split(",\n")
    assert [line.split("`")[1] for line in lines] == NAMES
    assert {line.split("`")[1] for line in lines if "NOT NULL" not in line} == OPTIONAL


@pytest.mark.parametrize(
    ("avro_type", "column"),
    [
        ("string", "`field` STRING NOT NULL"),
        ("double", "`field` DOUBLE NOT NULL"),
        (["null", "string"], "`field` STRING"),
        (["null", "double"], "`field` DOUBLE"),
        ({"type": "long", "logicalType": "timestamp-millis"}, "`field` BIGINT NOT NULL"),
        (["null", {"type": "long", "logicalType": "timestamp-millis"}], "`field` BIGINT"),
        ({"type": "array", "items": "string"}, "`field` ARRAY<STRING NOT NULL> NOT NULL"),
        (
            ["null", {"type": "map", "values": "double"}],
            "`field` MAP<STRING NOT NULL, DOUBLE NOT NULL>",
        ),
    ],
)
def test_each_avro_type_has_its_column(avro_type: object, column: str) -> None:
    assert flink_types.columns(schema_of(avro_type)) == column


@pytest.mark.parametrize("avro_type", [["string", "null"], ["null", "string", "double"]])
def test_unions_that_flink_misreads_are_refused(avro_type: object) -> None:
    with pytest.raises(ValueError, match=r"^event\.field: Flink reads unions only"):
        flink_types.columns(schema_of(avro_type))


def test_a_type_without_a_column_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^event\.field: Avro type 'enum' has no Flink column here$"):
        flink_types.columns(schema_of({"type": "enum", "name": "Colour", "symbols": ["RED"]}))


# PyFlink's own modules warn about each other when they are imported.
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_row_types_say_the_same_as_the_columns() -> None:
    pytest.importorskip("pyflink")
    fields = flink_types.row_type(SCHEMA).fields
    assert [field.name for field in fields] == NAMES
    assert {field.name for field in fields if field.data_type._nullable} == OPTIONAL
    assert flink_types.row_type_info(SCHEMA).get_field_names() == NAMES


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_every_type_of_event_can_be_read_by_flink(name: str) -> None:
    assert flink_types.columns(EVENT_TYPES[name].schema)
