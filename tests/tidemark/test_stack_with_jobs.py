"""`tidemark down` and `up` around a running job, on a stack of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.corner import JOB, Corner
from tests.oracles.preferences import decayed_preferences
from tests.real_data import complete_journey
from tests.stack_fixture import TOOLS
from tidemark.flink import running_job
from tidemark.jobs import JobRecord
from tidemark.stack import processes
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
