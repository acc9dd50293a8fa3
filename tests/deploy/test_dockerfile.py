"""`deploy/Dockerfile` beside what `make setup` runs, and the image's own script."""

import re
import subprocess
from fnmatch import fnmatch
from pathlib import Path

import pytest

from tests.deploy.compose import ROOT
from tests.deploy.dockerfile import instructions

SERVER = ROOT / "deploy" / "flink" / "server"


def test_images_are_pinned_and_the_last_user_is_not_root() -> None:
    for image in instructions("FROM"):
        assert re.search(r":v?\d+\.\d+\.\d+", image), image
    assert instructions("USER")[-1] == "flink"


def test_python_packages_are_installed_as_make_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    installs = [step for step in instructions("RUN") if step.startswith("pip install")]
    assert len(installs) == 2
    for install in installs:
        options = [w for w in install.split() if w.startswith("--") and w != "--no-cache-dir"]
        assert f"{' '.join(options)} " in makefile


def test_jars_are_built_as_make_does() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert "mvn -q -B -ntp -f jvm/pom.xml package" in instructions("RUN")
    assert "mvn -q -B -ntp -f jvm/pom.xml package" in makefile


def test_what_is_copied_is_there_and_not_ignored() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert all((ROOT / path).exists() for path in allowed)
    copied = [line.split()[0] for line in instructions("COPY") if not line.startswith("--from")]
    for path in copied:
        assert path == "." or any(
            path == a or a.startswith(f"{path}/") or fnmatch(path, f"{a}/*") for a in allowed
        )


def test_every_package_of_the_project_is_in_the_image() -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    packages = {file.parent.name for file in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages <= allowed


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A Flink whose scripts say what they were called with."""
    scripts = tmp_path / "bin"
    scripts.mkdir()
    for name in ("standalone-job.sh", "taskmanager.sh"):
        (scripts / name).write_text('#!/bin/sh\necho "$0" "$@"\n')
        (scripts / name).chmod(0o755)
    return tmp_path


def started(home: Path, *words: str, limit: str | None = None, **variables: str) -> list[str]:
    """The words after the script's name."""
    if limit is not None:
        (home / "memory.max").write_text(limit)
    environment = {"FLINK_HOME": str(home), "CGROUP": str(home), "PATH": "/usr/bin:/bin", **variables}
    line = [str(SERVER), *words]
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=True).stdout.split()[
        1:
    ]


def test_flink_gets_three_quarters_of_the_container(home: Path) -> None:
    assert started(home, "taskmanager.sh", "-Da=b", limit=f"{3 * 2**30}\n") == [
        "start-foreground", "-D", "taskmanager.memory.process.size=2304m", "-Da=b"
    ]  # fmt: skip
    words = started(home, "standalone-job.sh", limit=f"{1536 * 2**20}\n")
    assert words == ["start-foreground", "-D", "jobmanager.memory.process.size=1152m"]


@pytest.mark.parametrize("limit", ["max\n", None])
def test_without_a_limit_the_configuration_holds(home: Path, limit: str | None) -> None:
    assert started(home, "taskmanager.sh", limit=limit) == ["start-foreground"]


def test_a_job_goes_on_from_a_savepoint(home: Path) -> None:
    words = started(home, "standalone-job.sh", "--pyModule=m", TIDEMARK_SAVEPOINT="file:///s/1")
    assert words == ["start-foreground", "--fromSavepoint", "file:///s/1", "--pyModule=m"]
    assert started(home, "taskmanager.sh", TIDEMARK_SAVEPOINT="file:///s/1") == ["start-foreground"]
    assert started(home, "standalone-job.sh", TIDEMARK_SAVEPOINT="") == ["start-foreground"]
