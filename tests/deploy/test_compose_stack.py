"""The commands of `docker-compose.yml`, run: servers, health checks, the job, what monitoring sees of it."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from kafka import KafkaProducer
from redis import Redis
from redis.exceptions import AuthenticationError

from flink_jobs.config import VisitorPreferencesConfig
from schemas.avro import encode
from schemas.behaviors import SCHEMA, TOPIC
from schemas.event_types import RAW
from tests.corner import await_true, holds_within
from tests.deploy.compose import services
from tests.deploy.machine import Machine
from tests.deploy.monitoring import ALERTS, metrics, panel_queries
from tests.oracles.preferences import decayed_preferences
from tests.oracles.redis_agrees import differences
from tests.raw_messages import message
from tests.real_data import complete_journey
from tests.stack_fixture import TOOLS
from tidemark import flink
from tidemark.errors import UserError

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
JOB, TASKS = "visitor-preferences", "visitor-preferences-tasks"
GATE = "event-gate"


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


@cache
def shopping(first: int, last: int) -> list[dict[str, Any]]:
    """A part of the year's purchases."""
    return complete_journey(last)[first:]


def produce(machine: Machine, events: list[dict[str, Any]]) -> None:
    """Send behaviours as a trusted producer would."""
    send(machine, TOPIC, [(event["visitor_id"], encode(SCHEMA, event)) for event in events])


def send(machine: Machine, topic: str, messages: list[tuple[str, bytes]]) -> None:
    """Keys and values; returns when the broker has them."""
    producer = KafkaProducer(bootstrap_servers=machine.address("kafka", 9092), acks="all")
    for key, value in messages:
        producer.send(topic, value, key.encode())
    producer.flush()
    producer.close()


def await_agreement(machine: Machine, events: list[dict[str, Any]]) -> None:
    schema = VisitorPreferencesConfig().redis_schema
    expected = decayed_preferences(events, [horizon.half_life_ms for horizon in schema.horizons])
    password = machine.services[JOB].secrets["/run/secrets/redis_password"].read_text()
    redis = f"redis://tidemark:{password}@{machine.address('redis', 6379)}"

    def differ() -> list[str]:
        return differences(redis, schema, expected)

    await_true(lambda: not differ(), 90, lambda: f"{differ()} {machine.log(JOB)}")


def prometheus(machine: Machine, path: str) -> Any:
    """The data of an answer of Prometheus' interface."""
    with urlopen(f"http://{machine.address('prometheus', 9090)}/api/v1/{path}", timeout=10) as answer:
        return json.load(answer)["data"]


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
    def dead() -> list[str]:
        return [
            name
            for name, expression in panel_queries().items()
            if not prometheus(machine, f"query?query={quote(expression)}")["result"]
        ]

    assert holds_within(lambda: not dead(), 90), dead()


def test_panels_of_what_flows_are_above_zero_while_it_flows(machine: Machine) -> None:
    queries = panel_queries()

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


def checkpoints(address: str, job: str) -> dict[str, Any]:
    answer: dict[str, Any] = flink.get(address, f"/jobs/{job}/checkpoints")
    return answer


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


def has_checkpoint(address: str) -> bool:
    try:
        return any(checkpoints(address, job.id)["counts"]["completed"] for job in flink.list_jobs(address))
    except UserError:  # a job that is being set up is listed before it can be asked
        return False


def restored(address: str) -> str | None:
    """The path from which the newest job began."""
    try:
        (job,) = flink.list_jobs(address) or (None,)
        began = checkpoints(address, job.id)["latest"]["restored"] if job else None
    except UserError:  # a job that is being set up is listed before it can be asked
        return None
    return str(began["external_path"]) if began else None


def tidemark(machine: Machine, *words: str) -> "subprocess.CompletedProcess[str]":
    """`docker compose run --rm tidemark WORDS`."""
    line = [*machine.command("tidemark"), *words]
    return subprocess.run(
        line,
        env=machine.environment("tidemark"),
        cwd=machine.run,
        capture_output=True,
        text=True,
        check=False,
    )
