"""One task manager, two, one again, under load: Redis ends up as the oracle says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from flink_jobs.config import MAX_PARALLELISM, VisitorPreferencesConfig
from tests.corner import JOB, Corner, await_true
from tests.load import Load
from tests.oracles.preferences import decayed_preferences
from tests.stack_fixture import TOOLS
from tidemark.flink import get, running_job
from tidemark.stack.stack import LocalStack

pytestmark = pytest.mark.flink

HALF_LIVES_MS = VisitorPreferencesConfig().half_lives_ms


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Corner]:
    """A corner of a stack with two task managers, of one slot each."""
    stack = LocalStack(tmp_path / "run", TOOLS, task_managers=2, say=print)
    stack.up()
    yield Corner(stack)
    stack.down(keep_jobs=False)


def rows_read(corner: Corner) -> dict[str, int]:
    """By task manager, the rows that the vertex behind the job's sources has read so far."""
    job = running_job(corner.flink, JOB)
    assert job is not None
    vertices = get(corner.flink, f"/jobs/{job.id}")["vertices"]
    assert {vertex["maxParallelism"] for vertex in vertices} == {MAX_PARALLELISM}
    (keyed,) = [vertex["id"] for vertex in vertices if vertex["name"].startswith("decayed preferences")]
    subtasks = get(corner.flink, f"/jobs/{job.id}/vertices/{keyed}")["subtasks"]
    return {one["taskmanager-id"]: one["metrics"]["read-records"] for one in subtasks}


def test_from_one_slot_to_two_and_back_loses_and_doubles_nothing(two: Corner) -> None:
    two.submit()
    with Load(two, per_s=1_000, seed=3) as load:
        for parallelism in (2, 1):
            with load.paused() as sent:
                before = len(sent)
            done = two.tidemark("rescale", JOB, "--parallelism", str(parallelism))
            assert done.returncode == 0, done.stderr
            with load.paused() as sent:
                assert len(sent) > before, "nothing was sent meanwhile: the test shows nothing"
            await_true(lambda: min(rows_read(two).values()) > 0, 60, lambda: "a slot gets no work")
            assert len(rows_read(two)) == parallelism
        with load.paused() as sent:
            two.await_agreement(decayed_preferences(sent, HALF_LIVES_MS))


def test_too_few_slots_are_refused_and_the_job_goes_on(corner: Corner) -> None:
    job = corner.submit()
    refused = corner.tidemark("rescale", JOB, "--parallelism", "2")
    assert refused.returncode == 2
    assert "`tidemark up --task-managers 2`" in refused.stderr
    going_on = running_job(corner.flink, JOB)
    assert going_on is not None
    assert going_on.id == job
