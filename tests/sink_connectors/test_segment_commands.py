"""Rows of segments to commands, without Redis."""

from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from schemas.segments import SegmentSchema
from sink_connectors.redis_functions import function
from sink_connectors.segment_commands import Row, segment_commands
from sink_connectors.tombstones import Tombstones

SCHEMA = SegmentSchema("tm", 2, ttl_s=100)
TOMBSTONES = Tombstones("tm", b"secret")

rows = st.lists(
    st.tuples(
        st.sampled_from(["assigned", "profile", "forgotten", "rest", "industry"]),
        st.sampled_from(["ann", "林"]),
        st.sampled_from(["one", "two"]),
        st.integers(0, 9),
        st.integers(0, 9),
        st.binary(max_size=3),
    ),
    max_size=20,
)


def commands(*of: Row) -> list[list[object]]:
    return [list(command) for command in segment_commands(SCHEMA, TOMBSTONES, of)]


def test_each_kind_of_row_has_its_command() -> None:
    key = SCHEMA.visitor_key("ann").encode()
    tombstone = TOMBSTONES.key("ann", key)
    assert commands(
        ("assigned", "ann", "one", 7, 5, b"{}"),
        ("profile", "", "one", 8, 8, b"{}"),
        ("rest", "71", "one", 8, 8, b"\x01"),
        ("forgotten", "ann", "", 9, 9, b""),
    ) == [
        ["FCALL", function("assign"), 2, key, tombstone, 100, "one", 5, b"{}"],
        ["FCALL", function("publish"), 1, SCHEMA.shop_key("one"), 100, 8, b"{}"],
        ["SET", SCHEMA.rest_key("one", "71"), b"\x01", "EX", 100],
        ["FCALL", function("unassign"), 2, key, tombstone, 9],
    ]


def test_no_rows_are_no_commands() -> None:
    assert commands() == []


@given(of=rows)
def test_of_the_rows_of_a_value_the_last_is_taken_and_stands_where_it_came(of: list[Row]) -> None:
    last = {row[: 4 if row[0] == "forgotten" else 3]: at for at, row in enumerate(of)}
    assert commands(*of) == commands(*(of[at] for at in sorted(last.values())))
    assert len(commands(*of)) == len(last)


def test_an_older_erasure_behind_a_newer_one_does_not_replace_it() -> None:
    both = commands(("forgotten", "ann", "", 9, 9, b""), ("forgotten", "ann", "", 3, 3, b""))
    assert [command[-1] for command in both] == [9, 3]


@given(visitor=st.text())
def test_a_visitors_keys_are_in_one_slot_of_a_cluster(visitor: str) -> None:
    for row in (("assigned", visitor, "one", 7, 5, b"{}"), ("forgotten", visitor, "", 9, 9, b"")):
        (command,) = commands(row)
        key, tombstone = command[3:5]
        assert isinstance(key, bytes)
        assert isinstance(tombstone, bytes)
        assert key_slot(key) == key_slot(tombstone)
        assert visitor.encode() in key
        assert len(visitor) < 3 or visitor.encode() not in tombstone.removeprefix(b"tm:{")
