from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.gate.positions import Ledger, Position

KINDS = ("dead", "withheld", "suspect", "passed")

entries = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 1), st.integers(0, 30)))


def ledger(entered: Iterable[tuple[str, int, int]]) -> Ledger:
    """Two partitions, of which the second begins at 20; offset 25 of it was never there."""
    of = Ledger({0: 0, 1: 20}, {0: 10, 1: 30}, KINDS)
    of.there(0, range(10))
    of.there(1, [*range(20, 25), *range(26, 30)])
    for kind, partition, offset in entered:
        of.enter(kind, partition, offset)
    return of


@given(entered=entries)
def test_every_position_counts_once_under_its_strongest_outcome(entered: list[tuple[str, int, int]]) -> None:
    there = {(0, offset) for offset in range(10)} | {(1, offset) for offset in range(20, 30) if offset != 25}
    strongest: dict[tuple[int, int], str] = {}
    for kind, *place in entered:
        at = (place[0], place[1])
        if at in there:
            strongest[at] = max(strongest.get(at, kind), kind, key=KINDS.index)
    of = ledger(entered)
    assert of.counts() == {kind: list(strongest.values()).count(kind) for kind in KINDS}
    assert of.total() == 19
    inside = sum((partition, offset) in there for _, partition, offset in entered)
    assert (of.repeats, of.strays) == (inside - len(strongest), len(entered) - inside)
    waiting, missing = of.without_outcome({})
    assert (waiting, missing) == (19 - len(strongest), [])


def test_what_was_read_and_has_no_outcome_is_missing_and_what_was_not_read_waits() -> None:
    of = ledger([("passed", 0, 0), ("dead", 0, 2), ("passed", 1, 20)])
    assert of.without_outcome({0: 3, 1: 21}) == (15, [(0, 1)])


def test_a_position_reads_as_it_is_written() -> None:
    position = Position.parse(b"t:1.events.raw:3:1024")
    assert (position.topic, position.partition, position.offset) == ("t:1.events.raw", 3, 1024)
    assert str(position) == "t:1.events.raw:3:1024"
    with pytest.raises(ValueError, match=r".+"):
        Position.parse(b"nowhere")
