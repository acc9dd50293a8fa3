"""What is asked of the services of `docker-compose.yml`, and sent to them."""

import json
import subprocess
from functools import cache
from typing import Any
from urllib.request import urlopen

from kafka import KafkaProducer

from flink_jobs.config import VisitorPreferencesConfig
from schemas.avro import encode
from schemas.behaviors import SCHEMA, TOPIC
from tests.corner import await_true
from tests.deploy.machine import Machine
from tests.oracles.preferences import decayed_preferences
from tests.oracles.redis_agrees import differences
from tests.real_data import complete_journey
from tidemark import flink
from tidemark.errors import UserError

JOB, TASKS = "visitor-preferences", "visitor-preferences-tasks"
GATE = "event-gate"


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


def checkpoints(address: str, job: str) -> dict[str, Any]:
    answer: dict[str, Any] = flink.get(address, f"/jobs/{job}/checkpoints")
    return answer


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
