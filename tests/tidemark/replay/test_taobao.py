import csv
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from tidemark.replay.selection import events
from tidemark.replay.source import BadRow, Selection
from tidemark.replay.taobao import Taobao

GOOD = "543462,1715,1464116,pv,1511658000"


def read(file: Path) -> list[object]:
    return [row if isinstance(row, dict) else str(row) for row in events(Taobao(file), Selection())]


def test_a_row_is_mapped_as_documented(lines: Callable[..., Path]) -> None:
    assert read(lines(GOOD)) == [
        {
            "event_id": "543462-1715-pv-1511658000",
            "visitor_id": "543462",
            "shop_id": "taobao",
            "industry": "marketplace",
            "item_id": "1715",
            "category": "1464116",
            "brand": None,
            "price": None,
            "quantity": None,
            "behavior": "view",
            "event_time": 1_511_658_000_000,
        }
    ]


@pytest.mark.parametrize(
    ("theirs", "ours"), [("pv", "view"), ("cart", "cart"), ("fav", "favourite"), ("buy", "purchase")]
)
def test_each_behaviour_has_its_name(lines: Callable[..., Path], theirs: str, ours: str) -> None:
    (row,) = read(lines(GOOD.replace("pv", theirs)))
    assert isinstance(row, dict)
    assert row["behavior"] == ours


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,2,3", "columns: 3 instead of 5 (user,item,category,behaviour,seconds)"),
        (GOOD + ",x", "columns: 6 instead of 5 (user,item,category,behaviour,seconds)"),
        ("1,2,3,click,1511658000", "behaviour 'click' is none of pv, cart, fav, buy"),
        ("1,2,3,pv,noon", "time 'noon' is not a whole number of seconds since 1970"),
        ("1,2,3,pv,-5", "time '-5' is not a whole number of seconds since 1970"),
        ("1,2,3,pv,1_0", "time '1_0' is not a whole number of seconds since 1970"),
        ("1,2,3,pv,٣", "time '٣' is not a whole number of seconds since 1970"),
        ("1,2,3,pv,nan", "time 'nan' is not a whole number of seconds since 1970"),
        ("1,2,3,pv," + "9" * 5000, f"time '{'9' * 20}' is not a whole number of seconds since 1970"),
        ("1,2,3,pv,0", "behavior.event_time: 0 ms is not between 1970 and 2100"),
        (",2,3,pv,1511658000", "behavior.visitor_id: empty"),
        ("", "empty line"),
        (b"1,\xff,3,pv,1511658000", "not UTF-8 at byte 3 of the line"),
    ],
)
def test_a_bad_row_is_reported_with_file_line_and_reason(
    lines: Callable[..., Path], line: str | bytes, reason: str
) -> None:
    good, bad, _ = read(lines(GOOD, line, GOOD))
    assert isinstance(good, dict)
    assert bad == f"events:2: {reason}"


def test_the_real_sample_is_read_whole(taobao_file: Path) -> None:
    theirs = list(csv.reader(taobao_file.read_text().splitlines()))
    ours = list(events(Taobao(taobao_file), Selection()))
    assert len(ours) == len(theirs) == 96_168
    names = {"pv": "view", "cart": "cart", "fav": "favourite", "buy": "purchase"}
    for row, (user, item, category, behavior, seconds) in zip(ours, theirs, strict=True):
        assert not isinstance(row, BadRow)
        assert (row["visitor_id"], row["item_id"], row["category"]) == (user, item, category)
        assert (row["behavior"], row["event_time"]) == (names[behavior], int(seconds) * 1000)


def test_event_ids_of_the_sample_differ_and_do_not_depend_on_the_order(
    taobao_file: Path, tmp_path: Path
) -> None:
    def ids(file: Path) -> list[str]:
        return [row["event_id"] for row in events(Taobao(file), Selection()) if isinstance(row, dict)]

    shuffled = tmp_path / "shuffled.csv"
    shuffled.write_bytes(b"".join(sorted(taobao_file.read_bytes().splitlines(keepends=True))))
    first = ids(taobao_file)
    assert max(Counter(first).values()) == 1
    assert sorted(first) == sorted(ids(shuffled))


def test_the_sample_is_in_time_order(taobao_file: Path) -> None:
    times = [row["event_time"] for row in events(Taobao(taobao_file), Selection()) if isinstance(row, dict)]
    assert all(a <= b for a, b in pairwise(times))
