import os
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
INTERNAL = {"preflight", "tools", "promtool", "hook"}


def make(*arguments: str) -> str:
    """What `make` prints here; not as part of a `make` that runs the tests."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    line = ["make", "--no-print-directory", "-C", str(ROOT), *arguments]
    return subprocess.run(line, capture_output=True, text=True, check=True, env=environment).stdout


def test_help_is_the_default_and_lists_every_target_with_a_line() -> None:
    described = dict(re.findall(r"^  make (\w+)\s+(\S.*)$", make(), re.MULTILINE))
    assert set(described) == TARGETS - INTERNAL


@pytest.mark.parametrize(
    ("target", "last"), [("demo", "tidemark demo"), ("test", "-m flink"), ("up", "tidemark up")]
)
def test_a_target_sets_up_first(target: str, last: str) -> None:
    commands = make("-n", target).rstrip().splitlines()
    assert "scripts/preflight" in commands[0]
    assert commands[-1].endswith(last)
