"""What lies in people's topics stays readable: bytes and schema of every released version."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastavro.schema import fingerprint, to_parsing_canonical_form

from schemas import avro, behaviors
from tests.schemas.golden import BEHAVIORS_V1

GOLDEN = Path(__file__).parent / "golden"
RELEASED = {"behavior.v1": BEHAVIORS_V1}

# SHA-256 of the parsing canonical form: names, types and order of the fields; docs may change.
FINGERPRINTS = {"behavior": "84185027f776a33f524dc93995536a2fc7c97ee6de4bb52a56ab13faff3e6176"}

NEW_VERSION_NEEDED = (
    "schemas/{name}.avsc has changed. Messages carry no schema id, so older ones would be misread: a new "
    "topic version is needed (for example `behaviors.v2`). Keep the released schema and bytes in "
    "tests/schemas/golden/ and pin the new fingerprint here."
)


def released(version: str) -> avro.Schema:
    return avro.from_json(version, (GOLDEN / f"{version}.avsc").read_text(encoding="utf-8"))


def bodies(version: str) -> Iterator[bytes]:
    stored = (GOLDEN / f"{version}.bin").read_bytes()
    while stored:
        (length,) = struct.unpack_from(">I", stored)
        yield stored[4 : 4 + length]
        stored = stored[4 + length :]


@pytest.mark.parametrize("version", RELEASED)
def test_bytes_of_every_released_version_decode_for_ever(version: str) -> None:
    assert [avro.decode(released(version), body) for body in bodies(version)] == RELEASED[version]


def test_version_1_is_what_the_code_reads_and_writes_on_its_topic() -> None:
    assert behaviors.TOPIC == "behaviors"
    stored = list(bodies("behavior.v1"))
    assert [avro.decode(behaviors.SCHEMA, body) for body in stored] == BEHAVIORS_V1
    assert [avro.encode(behaviors.SCHEMA, record) for record in BEHAVIORS_V1] == stored


@pytest.mark.parametrize("name", FINGERPRINTS)
def test_a_changed_schema_needs_a_new_topic_version(name: str) -> None:
    form = to_parsing_canonical_form(avro.load(name).definition)
    assert fingerprint(form, "SHA-256") == FINGERPRINTS[name], NEW_VERSION_NEEDED.format(name=name)


def test_the_unit_of_times_has_not_changed_either() -> None:
    # The canonical form leaves out logical types, and a change from milliseconds would be the same bytes.
    def types(schema: avro.Schema) -> list[object]:
        return [field["type"] for field in schema.fields]

    assert types(avro.load("behavior")) == types(released("behavior.v1")), NEW_VERSION_NEEDED.format(
        name="behavior"
    )
