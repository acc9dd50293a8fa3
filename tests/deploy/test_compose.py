"""`docker-compose.yml` against the specification's schema, and against our own rules."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.compose import FILE, ROOT, interpolate, read, services

SERVICES = services({})
TREE = read({})


def test_it_is_valid_by_the_schema_of_the_specification() -> None:
    checker = Path(sys.executable).parent / "check-jsonschema"
    line = [str(checker), "--builtin-schema", "vendor.compose-spec", str(FILE)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_variables_have_defaults_and_dollars_are_written_twice() -> None:
    assert interpolate("${A:-b}/$$HOME/${A}", {}) == "b/$HOME/"
    assert interpolate(["${A:-b}"], {"A": "c"}) == ["c"]
    assert not re.findall(r"\$\{\w+\}|(?<!\$)\$(?!\$|\{\w+:-)", FILE.read_text())


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_a_pinned_image_limits_and_rights_no_more_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert re.fullmatch(r"[\w/-]+:v?\d+\.\d+\.\d+[\w.-]*", service.image)
    assert service.settings["cap_drop"] == ["ALL"]
    assert service.settings["security_opt"] == ["no-new-privileges:true"]
    assert service.settings["restart"] in ("unless-stopped", "on-failure", "no")
    if service.settings["restart"] != "no":
        assert service.health, "it runs on: it has a health check"
        assert service.memory, "it runs on: it has a limit"
    for port in service.settings.get("ports", ()):
        assert port.startswith("127.0.0.1:"), "nothing is reachable from another machine unless asked for"


def test_conditions_can_come_true() -> None:
    for service in SERVICES.values():
        for other, condition in service.depends_on.items():
            ends = not SERVICES[other].health
            assert condition == ("service_completed_successfully" if ends else "service_healthy")


def test_every_volume_secret_and_file_is_there() -> None:
    named = {source for s in SERVICES.values() for source in s.volumes.values() if source}
    folders = {source for source in named if source.startswith("./")}
    assert named - folders == set(TREE["volumes"])
    assert all((ROOT / folder).is_dir() for folder in folders)
    assert {Path(path).name for s in SERVICES.values() for path in s.secrets} == set(TREE["secrets"])
    assert all(file.is_file() for s in SERVICES.values() for file in s.secrets.values())


def test_no_secret_stands_in_a_variable_or_a_command() -> None:
    values = {file.read_text().strip() for s in SERVICES.values() for file in s.secrets.values()}
    for service in SERVICES.values():
        words = [*service.command, *service.health, *service.environment.values()]
        assert not [word for word in words for value in values if value in word]
        for variable in service.environment:
            assert "PASSWORD" not in variable or variable.endswith(("_FILE", "__FILE")), variable


def test_each_job_has_a_cluster_of_its_own() -> None:
    jobs = {n: s for n, s in SERVICES.items() if "standalone-job.sh" in (s.entrypoint or ())}
    workers = {n: s for n, s in SERVICES.items() if "taskmanager.sh" in (s.entrypoint or ())}
    assert {name.removesuffix("-tasks") for name in workers} == set(jobs)
    for name, service in jobs.items():
        module = service.command[service.command.index("--pyModule") + 1]
        assert (ROOT / f"{module.replace('.', '/')}.py").is_file()
        cluster = next(word for word in service.command if "cluster-id" in word)
        assert cluster in workers[f"{name}-tasks"].command
        assert cluster.endswith(name.replace("-", "_"))
        assert f"--host={name}" in service.command
