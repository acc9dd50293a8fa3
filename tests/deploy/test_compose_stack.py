"""The commands of `docker-compose.yml`, run: servers, health checks, the job, what monitoring sees of it."""

import json
import re
import time
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from schemas.event_types import RAW
from tests.corner import await_true, holds_within
from tests.deploy.compose import services
from tests.deploy.composed import (
    GATE,
    JOB,
    TASKS,
    await_agreement,
    checkpoints,
    has_checkpoint,
    produce,
    prometheus,
    restored,
    send,
    shopping,
    tidemark,
)
from tests.deploy.machine import Machine
from tests.deploy.monitoring import ALERTS, metrics, panel_queries
from tests.raw_messages import message
from tests.stack_fixture import TOOLS
from tidemark import flink

pytestmark = pytest.mark.flink

NOT_HERE = {"grafana"}  # no package brings it
FLOWING = (
    "In and out: read",
    "In and out: counted",
    "In and out: to Redis",
    "Left out: repeated",
    "Latency: slowest row",
    "Time of a write: a bundle",
    "Rows a bundle: rows",
    "Size: state",
)


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Every service that is not a tool is up and well; half of the events are in Redis."""
    machine = Machine(tmp_path_factory.mktemp("compose"), TOOLS, services({}))
    try:
        machine.up(
            *(
                name
                for name, one in machine.services.items()
                if "profiles" not in one.settings and name not in NOT_HERE
            )
        )
        produce(machine, shopping(0, 2_000))
        await_agreement(machine, shopping(0, 2_000))
        yield machine
    finally:
        machine.down()


def test_prometheus_reaches_every_server(machine: Machine) -> None:
    def up() -> dict[str, str]:
        targets = prometheus(machine, "targets")["activeTargets"]
        return {target["labels"]["instance"]: target["health"] for target in targets}

    wanted = {machine.address(name, 9249): "up" for name in (JOB, TASKS, GATE, f"{GATE}-tasks")}
    assert holds_within(lambda: up() == wanted, 60), up()


def test_the_gate_takes_what_trackers_send(machine: Machine) -> None:
    now_ms = round(time.time() * 1000)
    raws = [message("exposure", event_time=now_ms), message("exposure", event_time=now_ms), b"{"]
    send(machine, RAW, [("v1", raw) for raw in raws])

    def accounted() -> tuple[int, int, int]:
        done = tidemark(machine, "gate-report", "--json")
        report = json.loads(done.stdout or pytest.fail(done.stderr))
        return report["passed"]["exposures.v2"], report["dead_letters"], report["withheld"]["duplicate"]

    assert holds_within(lambda: accounted() == (1, 1, 1), 60), f"{accounted()} {machine.log(GATE)}"


def test_every_metric_of_an_alert_is_exported(machine: Machine) -> None:
    wanted = {name for alert in ALERTS.values() for name in metrics(alert["expr"])}

    def missing() -> set[str]:
        return wanted - set(prometheus(machine, "label/__name__/values"))

    assert holds_within(lambda: not missing(), 60), missing()


def test_every_panel_of_the_dashboard_shows_something(machine: Machine) -> None:
    boards = ("visitor-preferences", "event-gate")
    assert holds_within(lambda: not dead(machine, *boards), 90), dead(machine, *boards)


def dead(machine: Machine, *boards: str) -> list[str]:
    """Panels that show nothing."""
    return [
        name
        for name, expression in panel_queries(*boards).items()
        if not prometheus(machine, f"query?query={quote(expression)}")["result"]
    ]


def test_panels_of_what_flows_are_above_zero_while_it_flows(machine: Machine) -> None:
    queries = panel_queries("visitor-preferences")

    def still() -> list[str]:
        found = {
            name: prometheus(machine, f"query?query={quote(queries[name])}")["result"] for name in FLOWING
        }
        return [name for name, result in found.items() if not result or not float(result[0]["value"][1]) > 0]

    produce(machine, [*shopping(0, 100), *shopping(2_000, 3_000)])
    assert holds_within(lambda: not still(), 60), still()


def test_prometheus_watches_the_alerts_and_none_that_tells_of_illness_fires(machine: Machine) -> None:
    def health() -> dict[str, str]:
        groups = prometheus(machine, "rules")["groups"]
        return {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}

    # Until a rule has been evaluated its health is unknown.
    await_true(lambda: health() == dict.fromkeys(ALERTS, "ok"), 60, lambda: str(health()))
    assert not [a for a in prometheus(machine, "alerts")["alerts"] if a["state"] == "firing"]


def test_redis_answers_those_only_who_know_the_password(machine: Machine) -> None:
    stranger = Redis.from_url(f"redis://{machine.address('redis', 6379)}")
    with stranger, pytest.raises(AuthenticationError):
        stranger.get("anything")


def test_no_secret_is_told_by_flink_or_a_log(machine: Machine) -> None:
    secret = next(iter(machine.services["redis"].secrets.values())).read_text()
    address = machine.address(JOB, 8081)
    (job,) = flink.list_jobs(address)
    paths = ("/jobmanager/config", f"/jobs/{job.id}", f"/jobs/{job.id}/config", f"/jobs/{job.id}/plan")
    told = [path for path in paths if secret in json.dumps(flink.get(address, path))]
    logs = [log.name for log in machine.run.glob("*.log") if secret in log.read_text(errors="replace")]
    assert (told, logs) == ([], [])


def test_flink_has_what_the_containers_limits_leave_it(machine: Machine) -> None:
    (manager,) = flink.get(machine.address(JOB, 8081), "/taskmanagers")["taskmanagers"]
    assert manager["memoryConfiguration"]["totalProcessMemory"] == 2304 * 2**20


def test_the_alert_of_retries_sees_that_redis_is_away(machine: Machine) -> None:
    expression = quote(ALERTS["RedisRetries"]["expr"])

    def seen() -> bool:
        return bool(prometheus(machine, f"query?query={expression}")["result"])

    assert not seen()
    machine.kill("redis")
    produce(machine, shopping(3_000, 3_500))
    await_true(seen, 90, lambda: "a Redis that is away is not seen")
    machine.up("redis")
    await_agreement(machine, shopping(0, 3_500))


def test_a_job_manager_that_died_goes_on_from_the_last_checkpoint(machine: Machine) -> None:
    address = machine.address(JOB, 8081)
    (job,) = flink.list_jobs(address)
    await_true(lambda: checkpoints(address, job.id)["counts"]["completed"] > 0, 60, lambda: "no checkpoint")

    machine.kill(JOB)
    machine.up(JOB)
    produce(machine, shopping(2_000, 4_000))
    await_agreement(machine, shopping(0, 4_000))
    (again,) = flink.list_jobs(address)
    assert again.id == job.id
    assert checkpoints(address, job.id)["latest"]["restored"] is not None


def test_a_job_that_is_stopped_stays_so_and_goes_on_from_its_savepoint(machine: Machine) -> None:
    done = tidemark(machine, "stop", "visitor_preferences", "--savepoint")
    assert done.returncode == 0, done.stdout + done.stderr
    assert machine.processes[JOB].wait(60) == 0, "restart: on-failure lets it be"

    (savepoint,) = re.findall(r"savepoint (\S+);", done.stdout)
    machine.services = services({"TIDEMARK_SAVEPOINT": savepoint})
    machine.start(JOB)
    machine.await_health(JOB)
    address = machine.address(JOB, 8081)
    await_true(lambda: restored(address) == savepoint, 60, lambda: f"from {restored(address)}")


PROFILED = [
    name
    for name, one in services({}).items()
    if "profiles" in one.settings and "standalone-job.sh" in (one.entrypoint or ())
]


@pytest.mark.parametrize("name", PROFILED)
def test_a_job_of_a_profile_runs_beside_the_others(machine: Machine, name: str) -> None:
    machine.up(name, f"{name}-tasks")
    try:
        assert holds_within(lambda: has_checkpoint(machine.address(name, 8081)), 90), machine.log(name)
    finally:
        machine.kill(f"{name}-tasks")
        machine.kill(name)
