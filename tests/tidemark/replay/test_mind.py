import json
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from operators.gate.decode_messages import MessageDecoder, MessageLimits
from schemas.avro import decode
from schemas.event_types import EVENT_TYPES
from tests.tidemark.replay.conftest import event
from tidemark.errors import UserError
from tidemark.replay.messages import Avro, Json
from tidemark.replay.mind import Mind
from tidemark.replay.selection import events
from tidemark.replay.source import BadRow, Event, Selection

LATER = "7\tU2\t11/12/2019 2:14:46 PM\tN1 N2 N3\tN8-0 N9-1"
EARLIER = "3\tU1\t11/12/2019 2:14:45 AM\t\tN7-1 N8-0 N9-1"
AT_MS = 1_573_568_086_000


def read(path: Path) -> list[Event | BadRow]:
    return list(events(Mind(path), Selection()))


def valid(path: Path) -> list[Event]:
    return [row for row in read(path) if not isinstance(row, BadRow)]


def test_an_impression_is_mapped_as_documented(lines: Callable[..., Path]) -> None:
    assert valid(lines(LATER))[0] == {
        "event_id": "U2-1573568086-7-N8",
        "list_id": "U2-1573568086-7",
        "list_length": 2,
        "visitor_id": "U2",
        "shop_id": None,
        "article_id": "N8",
        "kind": "impression",
        "position": None,
        "recent_articles": ["N3", "N2", "N1"],
        "segment": None,
        "preferences": None,
        "event_time": AT_MS,
    }


def test_a_click_comes_a_second_after_its_impression_with_an_id_of_its_own(
    lines: Callable[..., Path],
) -> None:
    shown = valid(lines(LATER))
    assert [(row["article_id"], row["kind"], row["event_time"] - AT_MS) for row in shown] == [
        ("N8", "impression", 0),
        ("N9", "impression", 0),
        ("N9", "click", 1000),
    ]
    assert shown[2] == {
        **shown[1],
        "event_id": "U2-1573568086-7-N9-click",
        "kind": "click",
        "event_time": AT_MS + 1000,
    }


def test_lists_come_in_order_of_time_and_clicks_among_them(lines: Callable[..., Path]) -> None:
    between = LATER.replace("7\tU2", "8\tU3").replace("14:46", "14:47")
    after = LATER.replace("7\tU2", "9\tU4").replace("14:46", "14:48")
    got = valid(lines(after, LATER, between, EARLIER))
    assert all(a["event_time"] <= b["event_time"] for a, b in pairwise(got))
    assert len(got) == 3 + 3 + 3 + 5


def test_a_history_is_cut_to_what_an_event_may_carry_the_latest_first(lines: Callable[..., Path]) -> None:
    history = " ".join(f"N{i}" for i in range(150))
    recent = valid(lines(LATER.replace("N1 N2 N3", history)))[0]["recent_articles"]
    assert recent == [f"N{i}" for i in range(149, 49, -1)]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1\tU\tN-1", "columns: 3 instead of 5 (id, user, time, history, impressions)"),
        (
            LATER.replace("11/12/2019", "2019-11-12"),
            "time '2019-11-12 2:14:46 PM' is not like 11/15/2019 8:55:22 AM",
        ),
        (LATER.replace("N8-0", "N8"), "impression '-N8' does not end in -0 or -1"),
        (LATER.replace("N8-0", "N8-2"), "impression 'N8-2' does not end in -0 or -1"),
        (LATER.replace("N8-0 N9-1", " "), "a list without articles"),
        (LATER.encode().replace(b"U2", b"\xff"), "not UTF-8 at byte 3 of the line"),
    ],
)
def test_a_bad_line_is_reported_with_file_line_and_reason(
    lines: Callable[..., Path], line: str | bytes, reason: str
) -> None:
    got = read(lines(EARLIER, line, LATER))
    assert [str(row) for row in got if isinstance(row, BadRow)] == [f"events:2: {reason}"]
    assert sum(isinstance(row, dict) for row in got) == 8


def test_a_folder_without_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*behaviors.tsv"):
        Mind(tmp_path)


def test_what_is_sent_passes_the_gate_and_is_the_avro_of_feedback(lines: Callable[..., Path]) -> None:
    source = Mind(lines(LATER))
    gate = MessageDecoder(MessageLimits(131_072, None, None))
    for row in valid(lines(LATER)):
        (body,) = Avro().of(source, row)
        assert decode(EVENT_TYPES["feedback"].schema, body) == row
        (text,) = Json().of(source, row)
        assert json.loads(text)["type"] == "feedback"
        assert gate.outcome(text, 0).topic == "feedback"
    assert Avro().topic(source) == "feedback"


def test_broken_messages_beside_feedback_do_not_pass(lines: Callable[..., Path]) -> None:
    source, gate, form = (
        Mind(lines(LATER)),
        MessageDecoder(MessageLimits(131_072, None, None)),
        Json(1.0, seed=5),
    )
    sent = [raw for _ in range(100) for raw in form.of(source, valid(lines(LATER))[0])]
    assert sum(gate.outcome(raw, 0).topic == "feedback" for raw in sent) == 100 == len(sent) // 2


def test_a_behaviour_is_no_feedback(lines: Callable[..., Path]) -> None:
    class Wrong(Mind):
        def rows(self, selection: Selection):  # type: ignore[no-untyped-def] # noqa: ARG002
            yield 1, event()

    (bad,) = events(Wrong(lines(LATER)), Selection())
    assert str(bad) == "events:1: feedback.behavior: unknown field"


def test_the_real_sample_is_read_whole(mind_folder: Path) -> None:
    got = read(mind_folder)
    assert not any(isinstance(row, BadRow) for row in got)
    shown = [row for row in got if isinstance(row, dict)]
    assert Counter(row["kind"] for row in shown) == {"impression": 189_359, "click": 7_542}
    assert len({row["event_id"] for row in shown}) == len(shown)
    assert len({row["list_id"] for row in shown}) == 5000
    assert all(a["event_time"] <= b["event_time"] for a, b in pairwise(shown))
