from collections.abc import Callable
from pathlib import Path

import pytest

from tidemark.errors import UserError
from tidemark.replay.open_bandit import OpenBandit
from tidemark.replay.selection import events
from tidemark.replay.source import BadRow, Event, Selection

FEATURES = ",".join(f"user_feature_{i}" for i in range(4))
HEAD = f",timestamp,item_id,position,click,propensity_score,{FEATURES}"
SEEN = "0,2019-11-24 00:00:17.004101+00:00,79,2,0,0.087125,a,b,c,d"
CLICKED = "1,2019-11-24 00:00:19.715857+00:00,14,1,1,0.5,a,b,c,e"
AT_MS = 1_574_553_617_004


def read(path: Path) -> list[Event | BadRow]:
    return list(events(OpenBandit(path), Selection()))


def test_an_impression_is_mapped_as_documented(lines: Callable[..., Path]) -> None:
    (row,) = read(lines(HEAD, SEEN, name="all.csv"))
    assert isinstance(row, dict)
    assert row["event_id"] == row["list_id"]
    assert row["event_id"].endswith("all.csv:2")
    assert len(row.pop("visitor_id")) == 16
    del row["event_id"], row["list_id"]
    assert row == {
        "list_length": 3,
        "shop_id": None,
        "article_id": "79",
        "kind": "impression",
        "position": 2,
        "recent_articles": [],
        "segment": None,
        "preferences": None,
        "event_time": AT_MS,
    }


def test_a_click_follows_its_impression(lines: Callable[..., Path]) -> None:
    shown, clicked = read(lines(HEAD, CLICKED))
    assert isinstance(shown, dict)
    assert clicked == {
        **shown,
        "kind": "click",
        "event_id": f"{shown['event_id']}-click",
        "event_time": shown["event_time"] + 1000,
    }


def test_the_same_user_features_are_the_same_visitor(lines: Callable[..., Path]) -> None:
    rows = read(lines(HEAD, SEEN, SEEN, SEEN.replace(",d", ",x")))
    first, second, third = [row["visitor_id"] for row in rows if isinstance(row, dict)]
    assert first == second != third


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (SEEN.replace(",2,0,", ",2,2,"), "click '2' is neither 0 nor 1"),
        (SEEN.replace("0.087125", "0"), "propensity_score 0 is not above 0 and at most 1"),
        (SEEN.replace("0.087125", ""), "no column propensity_score"),
        (SEEN.replace("0.087125", "much"), "could not convert string to float: 'much'"),
        (SEEN.replace("2019-11-24 00:00:17.004101+00:00", "noon"), "Invalid isoformat string: 'noon'"),
        (SEEN.replace(",2,0,", ",0,0,"), "feedback.position: below 1"),
    ],
)
def test_a_bad_row_is_reported_with_file_line_and_reason(
    lines: Callable[..., Path], line: str, reason: str
) -> None:
    bad, good = read(lines(HEAD, line, SEEN))
    assert str(bad) == f"events:2: {reason}"
    assert isinstance(good, dict)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot read"):
        OpenBandit(tmp_path / "all.csv")
