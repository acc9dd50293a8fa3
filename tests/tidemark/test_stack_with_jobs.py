"""`tidemark down` and `up`, and crashes, around a running job, on a stack of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.corner import JOB, Corner
from tests.oracles.preferences import decayed_preferences
from tests.real_data import complete_journey
from tests.stack_fixture import TOOLS
from tidemark.flink import get, list_jobs, running_job
from tidemark.jobs import JobRecord
from tidemark.stack import processes, zookeeper
from tidemark.stack.stack import LocalStack

pytestmark = pytest.mark.flink


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Corner]:
    """A corner of a stack that nobody else uses, so that it may go down."""
    local = LocalStack(tmp_path / "run", TOOLS, say=print)
    local.up()
    yield Corner(local)
    local.down(keep_jobs=False)


def test_down_keeps_the_job_and_up_resumes_it_and_a_dead_job_manager_forgets_nothing(own: Corner) -> None:
    events = complete_journey(15_000)
    half_lives = [horizon.half_life_ms for horizon in own.schema.horizons]
    own.produce(events[:5_000])
    own.submit()
    own.await_agreement(decayed_preferences(events[:5_000], half_lives))

    assert own.tidemark("down").returncode == 0
    assert not processes.marked(own.stack.run)
    assert JobRecord.load(own.stack.run, JOB).savepoint is not None
    assert own.tidemark("up").returncode == 0
    own.stack.up()  # reads the new record; all runs
    job = running_job(own.flink, JOB)
    assert job is not None
    own.produce(events[5_000:10_000] + events[:5_000])
    own.await_agreement(decayed_preferences(events[:10_000], half_lives))

    own.stack.kill("job-manager")
    assert own.tidemark("up").returncode == 0
    own.stack.up()
    again = running_job(own.flink, JOB)
    assert again is not None
    assert again.id != job.id
    own.produce(events[10_000:] + events[:5_000])
    own.await_agreement(decayed_preferences(events, half_lives))


@pytest.fixture
def highly_available(tmp_path: Path) -> Iterator[Corner]:
    """A corner of a stack of its own whose job manager recovers its jobs."""
    local = LocalStack(tmp_path / "run", TOOLS, high_availability=True, say=print)
    local.up()
    yield Corner(local)
    local.down(keep_jobs=False)


def test_with_high_availability_the_job_recovers_by_itself_and_no_second_copy_starts(
    highly_available: Corner,
) -> None:
    corner = highly_available
    events = complete_journey(15_000)
    half_lives = [horizon.half_life_ms for horizon in corner.schema.horizons]
    corner.produce(events[:5_000])
    job = corner.submit()
    corner.await_agreement(decayed_preferences(events[:5_000], half_lives))

    corner.stack.kill("zookeeper")
    corner.stack.up()
    corner.produce(events[5_000:6_000])
    corner.await_agreement(decayed_preferences(events[:6_000], half_lives))
    assert get(corner.flink, f"/jobs/{job}/checkpoints")["counts"]["restored"] == 0

    corner.stack.kill("job-manager")
    corner.produce(events[6_000:10_000] + events[:1_000])
    assert corner.tidemark("up").returncode == 0
    assert [one.id for one in list_jobs(corner.flink)] == [job]
    corner.await_agreement(decayed_preferences(events[:10_000], half_lives))
    assert "zookeeper" in corner.tidemark("status").stdout

    for name in list(corner.stack.record.processes):
        corner.stack.kill(name)  # the machine lost its power
    assert corner.tidemark("up").returncode == 0
    assert [one.id for one in list_jobs(corner.flink)] == [job]

    assert corner.tidemark("down").returncode == 0
    assert not processes.marked(corner.stack.run)
    assert not zookeeper.metadata(corner.stack.run).exists()
    assert corner.tidemark("up").returncode == 0
    (again,) = list_jobs(corner.flink)
    assert again.id != job
    corner.produce(events[10_000:] + events[:1_000])
    corner.await_agreement(decayed_preferences(events, half_lives))
