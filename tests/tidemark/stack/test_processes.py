import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tidemark.stack.processes import Started, end, kill, marked, start, with_descendants


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Path]:
    """A run folder; what is marked with it ends with the test."""
    yield tmp_path
    end(marked(tmp_path), 0.0)


def shell(run: Path, script: str, **environment: str) -> Started:
    return start(["sh", "-c", script], run, run / "log" / "shell.log", environment)


def until_logged(run: Path, word: str) -> None:
    deadline = time.monotonic() + 10
    while word not in (run / "log" / "shell.log").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def pids(run: Path) -> set[int]:
    return {process.pid for process in marked(run)}


def test_what_it_says_and_its_complaints_are_in_the_log(run: Path) -> None:
    shell(run, "echo $GREETING; echo complaint >&2; sleep 60", GREETING="hello")
    until_logged(run, "complaint")
    assert (run / "log" / "shell.log").read_text() == "hello\ncomplaint\n"


def test_it_has_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(run: Path) -> None:
    started = shell(run, "exec sleep 60")
    stat = Path(f"/proc/{started.pid}/stat")
    if stat.exists():
        assert int(stat.read_text().rsplit(")", 1)[1].split()[3]) == started.pid


def test_marked_finds_the_child_of_a_killed_parent(run: Path) -> None:
    started = shell(run, "sleep 60 & echo ready; wait")
    until_logged(run, "ready")
    deadline = time.monotonic() + 10
    while not pids(run) - {started.pid}:  # between fork and exec it has no environment
        assert time.monotonic() < deadline, "the child does not start"
    child = next(iter(pids(run) - {started.pid}))
    kill(started)
    assert started.process() is None
    assert pids(run) == {child}


def test_another_stacks_processes_are_not_found(run: Path) -> None:
    shell(run, "exec sleep 60")
    assert marked(run / "other") == []


def test_end_is_over_when_all_have_gone_even_one_that_ignores_term(run: Path) -> None:
    stubborn = shell(run, "trap '' TERM; echo deaf; while :; do sleep 0.1; done")
    polite = shell(run, "exec sleep 60")
    until_logged(run, "deaf")
    running = [process for one in (stubborn, polite) if (process := one.process())]
    end(running, 0.3)
    assert stubborn.process() is None
    assert polite.process() is None


def test_a_process_of_the_same_pid_that_began_at_another_time_is_not_ours(run: Path) -> None:
    started = shell(run, "exec sleep 60")
    assert started.process() is not None
    assert replace(started, create_time=started.create_time - 3600).process() is None


def test_descendants_of_a_dead_process_are_none(run: Path) -> None:
    process = shell(run, "exec sleep 60").process()
    assert process is not None
    assert with_descendants(process) == [process]
    process.send_signal(signal.SIGKILL)
    process.wait(10)
    assert with_descendants(process) == []
