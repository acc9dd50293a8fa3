import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import redis

from tests.stack_fixture import TOOLS
from tidemark.errors import UserError
from tidemark.settings import Settings
from tidemark.stack.processes import end, marked, start
from tidemark.stack.record import FILE
from tidemark.stack.stack import LocalStack
from tidemark.stack.status import parts

if TYPE_CHECKING:
    from kafka import KafkaAdminClient


@pytest.fixture
def own(tmp_path: Path) -> Iterator[LocalStack]:
    """A stack that this test alone may take down; not up yet."""
    local = LocalStack(tmp_path / "run", TOOLS, state="heap", say=print)
    yield local
    local.down(keep_jobs=False)


def admin(stack: LocalStack) -> "KafkaAdminClient":
    from kafka import KafkaAdminClient

    return KafkaAdminClient(bootstrap_servers=stack.addresses["kafka"])


def rest(stack: LocalStack, path: str) -> Any:
    with urllib.request.urlopen(f"http://{stack.addresses['flink']}{path}", timeout=10) as answer:
        return json.load(answer)


def listening(run: Path) -> set[str]:
    """Addresses on which any process of the stack accepts connections."""
    connections = [c for process in marked(run) for c in process.net_connections() if c.status == "LISTEN"]
    return {c.laddr.ip.removeprefix("::ffff:") for c in connections}


def test_a_stack_that_is_not_up_is_down_already(tmp_path: Path) -> None:
    local = LocalStack(tmp_path / "run", TOOLS)
    assert not local.down()
    assert parts(local.run) == []
    assert not local.run.exists()


def test_a_run_folder_with_a_space_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="space"):
        LocalStack(tmp_path / "my run", TOOLS).up()


def test_a_worker_born_while_old_ones_are_looked_for_is_not_taken_for_one(tmp_path: Path) -> None:
    local = LocalStack(tmp_path, TOOLS)
    forking = "for _ in $(seq 200); do sleep 60 & sleep 0.01; done; wait"
    local.record.processes["task-manager-1"] = start(["sh", "-c", forking], local.run, tmp_path / "log", {})
    try:
        assert [local.orphans() for _ in range(50)] == [[]] * 50
        assert len(marked(local.run)) > 10
    finally:
        end(marked(local.run), 5.0)
        end(marked(local.run), 5.0)


@pytest.mark.flink
def test_every_address_answers_on_loopback_only(stack: LocalStack) -> None:
    assert Settings(run=stack.run).kafka == stack.addresses["kafka"]
    client = admin(stack)
    assert len(client.describe_cluster()["brokers"]) == 1
    client.close()
    with redis.Redis.from_url(stack.addresses["redis"]) as store:
        assert int(store.info("server")["redis_version"].split(".")[0]) >= 7
    assert rest(stack, "/overview")["slots-total"] == 1
    for endpoint in stack.record.prometheus:
        with urllib.request.urlopen(f"http://{endpoint}/metrics", timeout=10) as answer:
            assert b"flink_" in answer.read()
    assert listening(stack.run) == {"127.0.0.1"}


@pytest.mark.flink
def test_a_second_up_leaves_what_runs(stack: LocalStack) -> None:
    before = stack.record.processes
    again = LocalStack(stack.run, TOOLS)
    again.up()
    assert again.record.processes == before


@pytest.mark.flink
def test_other_settings_for_a_stack_that_runs_are_refused(stack: LocalStack) -> None:
    with pytest.raises(UserError, match="state rocksdb: `tidemark down` first"):
        LocalStack(stack.run, TOOLS, state="heap").up()


@pytest.mark.flink
def test_a_killed_task_manager_is_replaced_and_its_old_workers_are_ended(stack: LocalStack) -> None:
    # What a killed task manager leaves: a process with our mark, below none of our services.
    worker = start(["sleep", "600"], stack.run, stack.run / "log" / "worker.log", {})
    pid = stack.kill_task_manager()
    assert not psutil.pid_exists(pid)
    assert [process.pid for process in stack.orphans()] == [worker.pid]
    assert [part.state for part in parts(stack.run)] == ["running", "running", "running", "dead"]

    stack.start_task_manager()
    assert stack.orphans() == []
    assert worker.process() is None
    assert [part.state for part in parts(stack.run)] == ["running"] * 4


@pytest.mark.flink
def test_data_and_ports_survive_down_and_up_and_down_leaves_no_process(own: LocalStack) -> None:
    from kafka.admin import NewTopic

    own.up()
    addresses = own.addresses
    client = admin(own)
    client.create_topics([NewTopic("kept", 1, 1)])
    client.close()
    with redis.Redis.from_url(addresses["redis"]) as store:
        store.set("kept", "yes")
    recorded = [started.pid for started in own.record.processes.values()]

    assert own.down()
    assert marked(own.run) == []
    assert not any(psutil.pid_exists(pid) for pid in recorded)
    assert not own.down()

    own.up()
    assert own.addresses == addresses
    client = admin(own)
    assert "kept" in client.list_topics()
    client.close()
    with redis.Redis.from_url(addresses["redis"], decode_responses=True) as store:
        assert store.get("kept") == "yes"
    (own.run / FILE).unlink()  # even when the record is lost
    own.down()
    assert marked(own.run) == []
