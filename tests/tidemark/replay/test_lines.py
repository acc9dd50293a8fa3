from collections.abc import Callable
from pathlib import Path

import pytest

from tidemark.errors import UserError
from tidemark.replay.lines import LineSource
from tidemark.replay.source import Event, Selection


class Words(LineSource):
    def parse(self, line: str) -> Event:
        if line == "bad":
            raise ValueError("a bad word")
        return {"word": line}


def rows(file: Path) -> list[tuple[int, Event | str]]:
    return list(Words(file).rows(Selection()))


def test_lines_are_numbered_from_one(lines: Callable[..., Path]) -> None:
    assert rows(lines("a", "b")) == [(1, {"word": "a"}), (2, {"word": "b"})]


def test_a_bad_line_gives_its_reason_and_the_next_goes_on(lines: Callable[..., Path]) -> None:
    assert rows(lines("bad", "b")) == [(1, "a bad word"), (2, {"word": "b"})]


@pytest.mark.parametrize("empty", ["", "  ", "\t", "\r"])
def test_an_empty_line_is_not_passed_over_silently(lines: Callable[..., Path], empty: str) -> None:
    assert rows(lines("a", empty, "b"))[1] == (2, "empty line")


def test_bytes_that_are_not_utf8_are_located(lines: Callable[..., Path]) -> None:
    assert rows(lines(b"ab\xffc", "b")) == [(1, "not UTF-8 at byte 3 of the line"), (2, {"word": "b"})]


def test_a_line_of_windows_ends_like_any_other(lines: Callable[..., Path]) -> None:
    assert rows(lines("a\r")) == [(1, {"word": "a"})]


def test_the_last_line_needs_no_end(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"a\nb")
    assert rows(tmp_path / "f") == [(1, {"word": "a"}), (2, {"word": "b"})]


def test_the_share_read_ends_at_one_each_time_it_is_read(lines: Callable[..., Path]) -> None:
    source = Words(lines("a", "b", "c", "d"))
    for _ in range(2):
        assert [source.share_read() for _ in source.rows(Selection())] == [0.25, 0.5, 0.75, 1.0]


def test_an_empty_file_is_read_at_once(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    assert Words(tmp_path / "f").share_read() == 1.0
    assert rows(tmp_path / "f") == []


def test_a_file_that_cannot_be_read_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot read .*nothing: No such file"):
        Words(tmp_path / "nothing")
    with pytest.raises(UserError, match=r"cannot read .*: Is a directory"):
        Words(tmp_path)
