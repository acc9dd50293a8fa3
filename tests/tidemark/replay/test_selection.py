from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tidemark.replay.conftest import Rows, event
from tidemark.errors import UserError
from tidemark.replay.selection import epoch_ms, events, last_event_ms, select
from tidemark.replay.source import BadRow, Selection

times = st.lists(st.integers(1, 50), max_size=20)
limits = st.none() | st.integers(1, 20)
bounds = st.none() | st.integers(0, 51)


def rows_at(at: list[int]) -> Rows:
    return Rows(*(event(n, time_ms) for n, time_ms in enumerate(at)))


@given(at=times, start=bounds, end=bounds, limit=limits)
def test_from_is_included_to_is_not_and_the_limit_counts_what_lies_between(
    at: list[int], start: int | None, end: int | None, limit: int | None
) -> None:
    got = [
        row["event_time"]
        for row in events(rows_at(at), Selection(start, end, limit))
        if isinstance(row, dict)
    ]
    assert got == [t for t in at if (start is None or start <= t) and (end is None or t < end)][:limit]


@given(at=times, start=bounds, end=bounds, limit=limits)
def test_the_last_event_is_the_greatest_time_of_the_selection(
    at: list[int], start: int | None, end: int | None, limit: int | None
) -> None:
    selection = Selection(start, end, limit)
    got = [row["event_time"] for row in events(rows_at(at), selection) if isinstance(row, dict)]
    assert last_event_ms(rows_at(at), selection) == max(got, default=None)


def test_bad_rows_are_reported_in_place_and_use_up_no_limit() -> None:
    source = Rows("torn", event(1), event(2, price=-1.0), event(3), event(4))
    first, one, second, three = events(source, Selection(limit=2))
    assert (first, second) == (BadRow("rows", 1, "torn"), BadRow("rows", 3, "behavior.price: -1 is negative"))
    assert (one, three) == (event(1), event(3))
    assert str(first) == "rows:1: torn"


def test_reading_ends_when_told_even_where_nothing_is_selected() -> None:
    asked = iter([False, False, True])
    source = rows_at([1, 2, 3, 4, 5])
    assert list(events(source, Selection(from_ms=100), lambda: next(asked))) == []
    assert source.share_read() == pytest.approx(3 / 5)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2017-03-01", datetime(2017, 3, 1, tzinfo=UTC)),
        ("2017-03-01T18:30", datetime(2017, 3, 1, 18, 30, tzinfo=UTC)),
        ("2017-03-01T18:30:05.250Z", datetime(2017, 3, 1, 18, 30, 5, 250_000, tzinfo=UTC)),
        ("2017-03-01T18:30+02:00", datetime(2017, 3, 1, 16, 30, tzinfo=UTC)),
    ],
)
def test_times_are_utc_unless_they_name_an_offset(text: str, moment: datetime) -> None:
    assert epoch_ms(text) == moment.timestamp() * 1000


@pytest.mark.parametrize(
    ("from_", "to", "limit", "message"),
    [
        ("yesterday", None, None, "'yesterday' is no date or time"),
        (None, "2017-02-30", None, "'2017-02-30' is no date or time"),
        ("2017-03-01", "2017-03-01", None, "--from 2017-03-01 is not before --to 2017-03-01"),
        (None, None, 0, "--limit 0: at least 1 event"),
    ],
)
def test_a_selection_that_cannot_be_meant_is_refused(
    from_: str | None, to: str | None, limit: int | None, message: str
) -> None:
    with pytest.raises(UserError, match=message) as caught:
        select(from_, to, limit)
    assert caught.value.exit_code == 2
