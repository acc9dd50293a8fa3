"""Where a job goes on that its job manager has forgotten."""

import os
from dataclasses import replace
from pathlib import Path

from tidemark.jobs import JobRecord, abandoned

RUNNING = JobRecord("visitor_preferences", job_id="a1", started_from="file:///savepoints/s1")


def checkpoint(run: Path, number: int) -> str:
    """A retained checkpoint, the older the smaller its number."""
    folder = run / "checkpoints" / "a1" / f"chk-{number}"
    folder.mkdir(parents=True)
    (folder / "_metadata").touch()
    os.utime(folder / "_metadata", (number, number))
    return folder.as_uri()


def test_from_its_newest_checkpoint(tmp_path: Path) -> None:
    newest = checkpoint(tmp_path, 10)
    checkpoint(tmp_path, 9)
    left = abandoned(tmp_path, RUNNING)
    assert (left.savepoint, left.resume_on_up) == (newest, True)


def test_from_where_it_began_when_it_died_before_its_first_checkpoint(tmp_path: Path) -> None:
    assert abandoned(tmp_path, RUNNING).savepoint == "file:///savepoints/s1"
    assert abandoned(tmp_path, replace(RUNNING, started_from=None)).savepoint is None


def test_one_that_was_stopped_stays_as_it_is(tmp_path: Path) -> None:
    stopped = replace(RUNNING, job_id=None)
    assert abandoned(tmp_path, stopped) == stopped


def test_one_that_ends_by_itself_goes_on_only_if_a_down_ended_it(tmp_path: Path) -> None:
    newest = checkpoint(tmp_path, 1)
    bounded = replace(RUNNING, environment={"TIDEMARK_UNTIL_NOW": "true"})
    assert abandoned(tmp_path, bounded) == bounded
    assert abandoned(tmp_path, replace(bounded, resume_on_up=True)).savepoint == newest
