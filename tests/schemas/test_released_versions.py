"""What lies in people's topics stays readable: bytes and schema of every released version."""

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastavro.schema import fingerprint, to_parsing_canonical_form

from schemas import avro
from schemas.event_types import EVENT_TYPES
from tests.schemas import golden

GOLDEN = Path(__file__).parent / "golden"
RELEASED = {
    "behavior.v1": golden.BEHAVIORS_V1,
    "feedback.v1": golden.FEEDBACK_V1,
    "exposure.v1": golden.EXPOSURES_V1,
    "exposure.v2": golden.EXPOSURES_V2,
    "article.v1": golden.ARTICLES_V1,
    "erasure.v1": golden.ERASURES_V1,
}

TOPICS = {
    "behavior": "behaviors",
    "feedback": "feedback",
    "exposure": "exposures.v2",
    "article": "articles",
    "erasure": "erasures",
}

# SHA-256 of the parsing canonical form: names, types and order of the fields; docs may change.
FINGERPRINTS = {
    "behavior": "84185027f776a33f524dc93995536a2fc7c97ee6de4bb52a56ab13faff3e6176",
    "feedback": "a1e4cb25bc82a2df6ad8a93b937b95b94becbf10714f372120847b2c30136b3e",
    "exposure": "b48a59a7c331dde09e95564ce18ba7f8485b136726789f2ba98e5b315e1d8c89",
    "article": "45aee09f0f34a8d6f59d5b78840f94ceea3cc6d3b474e5b782977eeb481098d5",
    "erasure": "4a1fd087c0be8476e43bcef5320efc5c42bb2fcfc808cc701b869ce55abf3cb0",
}

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


CURRENT = {name: f"{name}.v2" if topic.endswith(".v2") else f"{name}.v1" for name, topic in TOPICS.items()}


@pytest.mark.parametrize("name", TOPICS)
def test_the_latest_version_is_what_the_code_reads_and_writes_on_its_topic(name: str) -> None:
    schema, records = EVENT_TYPES[name].schema, RELEASED[CURRENT[name]]
    assert EVENT_TYPES[name].topic == TOPICS[name]
    stored = list(bodies(CURRENT[name]))
    assert [avro.decode(schema, body) for body in stored] == records
    assert [avro.encode(schema, record) for record in records] == stored


def test_every_type_of_event_is_released() -> None:
    assert TOPICS.keys() == EVENT_TYPES.keys() == FINGERPRINTS.keys()


@pytest.mark.parametrize("name", FINGERPRINTS)
def test_a_changed_schema_needs_a_new_topic_version(name: str) -> None:
    form = to_parsing_canonical_form(avro.load(name).definition)
    assert fingerprint(form, "SHA-256") == FINGERPRINTS[name], NEW_VERSION_NEEDED.format(name=name)


@pytest.mark.parametrize("name", FINGERPRINTS)
def test_the_unit_of_times_has_not_changed_either(name: str) -> None:
    # The canonical form leaves out logical types, and a change from milliseconds would be the same bytes.
    def types(schema: avro.Schema) -> list[object]:
        return [field["type"] for field in schema.fields]

    assert types(avro.load(name)) == types(released(CURRENT[name])), NEW_VERSION_NEEDED.format(name=name)
