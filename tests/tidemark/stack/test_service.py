import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tidemark.errors import UserError
from tidemark.stack.launch import start_all
from tidemark.stack.processes import Started, end, marked
from tidemark.stack.service import Service, tail


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    end(marked(tmp_path), 0.0)


def service(run: Path, script: str, answers: Callable[[], bool], name: str = "server") -> Service:
    """A real process that does what the shell script says."""
    log = run / "log" / f"{name}.log"
    return Service(
        name, "127.0.0.1:1", run, log, log, {}, lambda: ["sh", "-c", script], answers, within_s=0.5
    )


def test_wait_returns_once_it_answers(run: Path) -> None:
    sign = run / "ready"
    slow = service(run, f"sleep 0.3; touch {sign}; exec sleep 60", sign.exists)
    slow.wait(slow.start())
    assert sign.exists()


def test_one_that_ends_while_starting_is_named_with_its_last_words(run: Path) -> None:
    broken = service(run, "echo the port is taken; exit 3", lambda: False)
    with pytest.raises(UserError, match=r"(?s)server ended.*server\.log.*the port is taken"):
        broken.wait(broken.start())


def test_one_that_never_answers_is_named_after_its_time(run: Path) -> None:
    mute = service(run, "exec sleep 60", lambda: False)
    with pytest.raises(UserError, match=r"does not answer on 127\.0\.0\.1:1 after"):
        mute.wait(mute.start())


def test_when_one_fails_the_others_are_undone_at_once(run: Path) -> None:
    good = service(run, "exec sleep 60", lambda: False, "good")
    bad = service(run, "exit 1", lambda: False, "bad")
    running: dict[str, Started] = {}

    def undo() -> None:
        end([process for started in list(running.values()) if (process := started.process())], 1.0)

    began = time.monotonic()
    with pytest.raises(UserError, match="ended while starting"):
        start_all([good, bad], running.__setitem__, undo, lambda _: None)
    assert time.monotonic() - began < 5
    assert marked(run) == []


def test_the_tail_of_a_log_skips_empty_lines_and_a_missing_log_has_none(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    assert tail(log) == []
    log.write_text("one\n\ntwo\n   \nthree\n")
    assert tail(log, 2) == ["two", "three"]
