"""`scripts/preflight` on machines that lack something: each has a PATH of its own."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PREFLIGHT = Path(__file__).parents[2] / "scripts" / "preflight"
SAYS = {
    "java": "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2",
    "javac": "true",
    "mvn": "true",
    "redis-server": "echo Redis server v=7.0.15 sha=00000000:0",
}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A machine with all that is needed, and no apt-get."""
    for tool in ("sed", "id"):
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    for name, says in SAYS.items():
        program(tmp_path, name, says)
    return tmp_path


def program(path: Path, name: str, says: str) -> None:
    (path / name).write_text(f"#!/bin/sh\n{says}\n")
    (path / name).chmod(0o755)


def preflight(path: Path) -> "subprocess.CompletedProcess[str]":
    bash = shutil.which("bash")
    assert bash is not None
    environment = {"PATH": str(path), "PYTHON": sys.executable}
    return subprocess.run(
        [bash, str(PREFLIGHT)], env=environment, capture_output=True, text=True, check=False
    )


def test_a_machine_with_everything_passes_in_silence(path: Path) -> None:
    done = preflight(path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("name", "needed"),
    [("java", "a JDK 17"), ("javac", "a JDK 17"), ("mvn", "Maven"), ("redis-server", "Redis 7 or newer")],
)
def test_what_is_missing_is_named_in_one_line(path: Path, name: str, needed: str) -> None:
    (path / name).unlink()
    done = preflight(path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"Tidemark needs {needed}")


def test_all_that_is_missing_is_named_at_once(path: Path) -> None:
    (path / "mvn").unlink()
    (path / "java").unlink()
    (line,) = preflight(path).stderr.splitlines()
    assert "JDK 17" in line
    assert "Maven" in line


@pytest.mark.parametrize(
    ("name", "says", "needed"),
    [
        ("java", "echo 'openjdk version \"11.0.2\"' >&2", "a JDK 17"),
        ("java", "echo 'java version \"1.8.0_292\"' >&2", "a JDK 17"),
        ("redis-server", "echo Redis server v=6.0.16 sha=0", "instead of 6"),
    ],
)
def test_what_is_too_old_counts_as_missing(path: Path, name: str, says: str, needed: str) -> None:
    program(path, name, says)
    done = preflight(path)
    assert done.returncode == 2
    assert needed in done.stderr
