"""`prometheus` and `promtool`: those on PATH, else those that `scripts/prometheus` fetched."""

import shutil
import subprocess
from pathlib import Path

from tests.stack_fixture import TOOLS


def program(name: str) -> str:
    """Path of the program."""
    found = shutil.which(name) or shutil.which(name, path=str(TOOLS / "prometheus"))
    assert found is not None, f"no {name}: `make check` and `make test` fetch it, or install Prometheus"
    return found


def promtool(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    """What it says."""
    return subprocess.run(
        [program("promtool"), *map(str, words)], capture_output=True, text=True, check=False
    )
