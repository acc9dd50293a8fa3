"""Raw Avro bodies of the events described by the `.avsc` files in this folder.

A body carries no header and no schema id (Avro 1.12 specification, "Binary encoding"): the reader must know
the writer's schema, so a changed schema gets a new topic (`behaviors.v2`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from io import BytesIO
from typing import Any

from fastavro import parse_schema, schemaless_reader, schemaless_writer


class DecodeError(ValueError):
    """Bytes that are not one body of the expected schema."""


@dataclass(frozen=True)
class Schema:
    """One event's schema.

    name : of the file without `.avsc`; errors start with it.
    definition : the JSON document as written, with docs and logical types.
    wire : parsed for fastavro, without logical types: fastavro would turn times into datetimes, which
        costs time, and the bytes are the same. Times are integers on both sides, in the definition's unit.
    """

    name: str
    definition: dict[str, Any]
    wire: Any

    @property
    def fields(self) -> tuple[dict[str, Any], ...]:
        """The fields' definitions in the order of the bytes."""
        return tuple(self.definition["fields"])


@cache
def load(name: str) -> Schema:
    """The schema in `schemas/NAME.avsc`, parsed once. Raises FileNotFoundError when there is none."""
    return from_json(name, (resources.files("schemas") / f"{name}.avsc").read_text(encoding="utf-8"))


def from_json(name: str, text: str) -> Schema:
    """A schema from the text of an `.avsc`; released versions are kept as such texts."""
    definition = json.loads(text)
    return Schema(name, definition, parse_schema(_without_logical_types(definition)))


def encode(schema: Schema, record: Mapping[str, Any]) -> bytes:
    """The Avro body of `record`. fastavro checks types only roughly: validate input from outside first."""
    body = BytesIO()
    schemaless_writer(body, schema.wire, record)
    return body.getvalue()


def decode(schema: Schema, body: bytes) -> dict[str, Any]:
    """The record in `body`; times are integers.

    Raises
    ------
    DecodeError : the bytes end too early, go on after the record, or hold what the schema does not allow.
    """
    stream = BytesIO(body)
    try:
        record: dict[str, Any] = schemaless_reader(stream, schema.wire, None)
    except (EOFError, IndexError, ValueError) as error:  # UnicodeDecodeError is a ValueError
        raise DecodeError(f"{schema.name}: {len(body)} bytes are not one record ({error!r})") from error
    if stream.tell() != len(body):
        raise DecodeError(f"{schema.name}: {len(body) - stream.tell()} bytes are left after the record")
    return record


def _without_logical_types(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: _without_logical_types(value) for key, value in node.items() if key != "logicalType"}
    return [_without_logical_types(value) for value in node] if isinstance(node, list) else node
