"""Columns to commands, without Redis."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from schemas.preferences import AT, ERASURE_ROW, ROW_TIMES, SINCE, Horizon, PreferenceSchema
from sink_connectors.preference_commands import grow_commands, hash01, latest_fields, sample_command
from sink_connectors.tombstones import Tombstones

SCHEMA = PreferenceSchema(
    namespace="tm",
    generation=7,
    horizons=(Horizon("live", 1000), Horizon("long", 100_000)),
    facets=(("category", "c"), ("brand", "b")),
    ttl_s=100,
)


TOMBSTONES = Tombstones("tm", b"secret")


def packed(at_ms: int, *numbers: float, since_ms: int = -7) -> bytes:
    return ROW_TIMES.pack(at_ms, since_ms) + struct.pack(">8d", *numbers)


def test_a_row_gives_the_fields_of_its_values_and_of_their_totals() -> None:
    latest = latest_fields(SCHEMA, ["ann"], [["soap"], ["acme"]], [packed(5, *range(1, 9))])
    assert latest.fields == {
        "ann": {
            AT: struct.pack(">q", 5),
            SINCE: struct.pack(">q", -7),
            b"c:soap": struct.pack(">2d", 1, 2),
            b"c": struct.pack(">2d", 3, 4),
            b"b:acme": struct.pack(">2d", 5, 6),
            b"b": struct.pack(">2d", 7, 8),
        }
    }


def test_a_facet_without_a_value_gives_no_field() -> None:
    latest = latest_fields(SCHEMA, ["ann"], [["soap"], [None]], [packed(5, *range(1, 9))])
    assert latest.fields["ann"].keys() == {AT, SINCE, b"c:soap", b"c"}


@given(rows=st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from("pq"))))
def test_of_the_rows_of_a_field_the_last_wins(rows: list[tuple[str, str, str]]) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)] if rows else [[], [], []]
    numbers = [packed(i, *([float(i)] * 8)) for i in range(len(rows))]
    latest = latest_fields(SCHEMA, columns[0], columns[1:], numbers).fields
    for i, (visitor, category, _) in enumerate(rows):
        later = [j for j in range(i, len(rows)) if rows[j][:2] == (visitor, category)]
        assert struct.unpack(">2d", latest[visitor][f"c:{category}".encode()]) == (later[-1], later[-1])
    assert latest.keys() == set(columns[0])


def test_a_command_names_its_one_key_and_the_bound() -> None:
    latest = latest_fields(SCHEMA, ["é}"], [["soap"], [None]], [packed(-5, *range(1, 9))])
    (command,) = grow_commands(SCHEMA, TOMBSTONES, latest.fields)
    key = "tm:{é}}:preferences:7".encode()
    assert command[2:5] == [2, key, TOMBSTONES.key("é}", key)]
    assert command[5:11] == [100, 50, SCHEMA.max_fields, 2, -5, -7]
    assert command[11::2] == [b"c:soap", b"c"]


def test_an_erasure_takes_what_came_before_it_in_the_bundle() -> None:
    rows = [packed(5, *range(1, 9)), ERASURE_ROW.pack(6), packed(8, *range(11, 19), since_ms=7)]
    latest = latest_fields(SCHEMA, ["ann"] * 3, [["soap", None, "tea"], [None] * 3], rows)
    assert latest.erased == {"ann": 6}
    assert latest.fields["ann"].keys() == {AT, SINCE, b"c:tea", b"c"}


def test_an_erasure_leaves_what_is_newer() -> None:
    rows = [packed(5, *range(1, 9), since_ms=3), ERASURE_ROW.pack(2), ERASURE_ROW.pack(1)]
    latest = latest_fields(SCHEMA, ["ann"] * 3, [["soap", None, None], [None] * 3], rows)
    assert latest.erased == {"ann": 2}
    assert b"c:soap" in latest.fields["ann"]


def test_only_visitors_below_the_cut_off_are_offered_to_the_sample() -> None:
    visitors = [str(i) for i in range(1000)]
    below = sample_command(SCHEMA, visitors, 0.1)[6:]
    assert below[1::2] == [v.encode() for v in visitors if hash01(v) < 0.1]
    assert 60 < len(below) / 2 < 140


def test_the_hash_of_a_visitor_never_changes() -> None:
    assert hash01("1228") == (0x5129A42AE5B2B009 >> 11) / 2**53  # printf 1228 | b2sum -l 64
