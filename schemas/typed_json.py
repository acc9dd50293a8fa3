"""JSON objects -> typed events: the types, made from the `.avsc`, of a strict decoder (msgspec).

Beside the Avro types these attributes of a field count, which Avro ignores:

minimum, maximum, above : bounds of a number, or of a map's values.
choices : all that a string may be.
max_bytes : of a string's UTF-8, or of a list's items and a map's keys. Default: 1024.
max_items : of a list or map.
may_be_empty : a string may.
prose : a string may have line ends and tabs; others are ids and names, without control characters.
"""

import operator
import re
from collections.abc import Mapping
from functools import reduce
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct
from msgspec.json import Decoder

from schemas.avro import Schema
from schemas.behaviors import END_OF_TIME_MS, MAX_STRING_BYTES

NUMBER_BOUNDS = {
    "int": {"minimum": -(2**31), "maximum": 2**31 - 1},
    "long": {"minimum": -(2**63), "maximum": 2**63 - 1},
    "float": {},
    "double": {},
}

TIME_BOUNDS = {"minimum": 1, "maximum": END_OF_TIME_MS - 1}
"""Of logical type timestamp-millis: 1970 < t < 2100."""

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
CONTROL_CHARACTERS_OF_PROSE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def decoder(schemas: Mapping[str, Schema], envelope: Schema) -> Decoder[Any]:
    """Decodes one object of the type that its field `type` names, of `schemas`; unknown fields are skipped.

    Attributes of what it gives are the schema's fields and the envelope's, in that order; an optional field
    is UNSET when it is absent and None when it is null.
    """
    types = [_struct(name, (*schema.fields, *envelope.fields)) for name, schema in schemas.items()]
    return Decoder(reduce(operator.or_, types))


def struct_of(schema: Schema) -> type[Struct]:
    """The type that msgspec checks a record of the schema against; it needs no field `type`."""
    return defstruct(schema.name, [_member(of) for of in schema.fields], kw_only=True, gc=False)


def optional_fields(schema: Schema) -> tuple[str, ...]:
    """Names of the fields that a message may leave out."""
    return tuple(of["name"] for of in schema.fields if "default" in of)


def _struct(name: str, fields: tuple[dict[str, Any], ...]) -> type[Struct]:
    members = [_member(of) for of in fields]
    return defstruct(name, members, tag_field="type", tag=name, kw_only=True, gc=False)


def _member(of: dict[str, Any]) -> tuple[Any, ...]:
    typed = json_type(of)
    return (of["name"], typed | UnsetType, UNSET) if "default" in of else (of["name"], typed)


def json_type(of: dict[str, Any]) -> Any:
    """The annotation that msgspec checks a field's JSON against."""
    return _typed(of["type"], of)


def _typed(avro: Any, of: dict[str, Any]) -> Any:
    if isinstance(avro, list):
        return _typed(avro[1], of) | None
    if avro == "boolean":
        return bool
    if avro == "string":
        return _string(of)
    if isinstance(avro, str) and avro in NUMBER_BOUNDS:
        return _number(avro, {**NUMBER_BOUNDS[avro], **of})
    if avro.get("logicalType") == "timestamp-millis":
        return _number(avro["type"], {**TIME_BOUNDS, **of})
    if avro["type"] == "array":
        return Annotated[list[_typed(avro["items"], of)], Meta(max_length=of.get("max_items"))]  # type: ignore[misc]
    if avro["type"] == "map":
        values = _typed(avro["values"], of)
        return Annotated[dict[_string(of), values], Meta(max_length=of.get("max_items"))]  # type: ignore[misc]
    raise ValueError(f"field {of['name']!r}: no JSON type for the Avro type {avro}")


def _string(of: dict[str, Any]) -> Any:
    if "choices" in of:
        return Literal[tuple(of["choices"])]
    shortest = None if of.get("may_be_empty") else 1
    return Annotated[str, Meta(min_length=shortest, max_length=of.get("max_bytes", MAX_STRING_BYTES))]


def _number(avro: str, bounds: Mapping[str, Any]) -> Any:
    above = bounds.get("above")
    lower = {"ge": bounds.get("minimum")} if above is None else {"gt": above}
    limits = Meta(**lower, le=bounds.get("maximum"))
    number: Any = int if avro in ("int", "long") else float
    return Annotated[number, limits]
