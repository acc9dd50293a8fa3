"""`tidemark up`, `down`, `status`, `logs`, as a person types them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.stack_fixture import TOOLS
from tidemark.stack.stack import LocalStack


def tidemark(*arguments: str, run: Path) -> "subprocess.CompletedProcess[str]":
    line = [sys.executable, "-c", "from tidemark.cli.main import main; main()", *arguments]
    environment = {**os.environ, "TIDEMARK_RUN": str(run), "TIDEMARK_TOOLS": str(TOOLS), "COLUMNS": "120"}
    return subprocess.run(line, capture_output=True, text=True, check=False, env=environment)


def test_down_without_a_stack_says_so_and_is_no_error(tmp_path: Path) -> None:
    done = tidemark("down", run=tmp_path / "run")
    assert done.returncode == 0
    assert "No stack is up" in done.stdout


def test_status_without_a_stack_names_the_command_that_starts_one(tmp_path: Path) -> None:
    done = tidemark("status", run=tmp_path / "run")
    assert done.returncode == 0
    assert "`tidemark up` starts one" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("up", "--state", "disk"), "--state disk: choose one of rocksdb, heap"),
        (("up", "--task-managers", "0"), "--task-managers 0: at least 1"),
        (("logs", "kafka"), "no log of kafka"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    done = tidemark(*arguments, run=tmp_path / "run")
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert said in line


def test_a_log_is_shown_from_its_end_after_its_path(tmp_path: Path) -> None:
    log = tmp_path / "log" / "kafka.log"
    log.parent.mkdir()
    log.write_text("".join(f"line {number}\n" for number in range(100)))
    done = tidemark("logs", "kafka", "--lines", "2", run=tmp_path)
    assert done.stdout.splitlines() == [f"==> {log} <==", "line 98", "line 99"]


@pytest.mark.flink
def test_status_lists_every_service_and_the_flink_ui(stack: LocalStack) -> None:
    done = tidemark("status", run=stack.run)
    rows = [line for line in done.stdout.splitlines() if "running" in line]
    assert [
        name in row
        for name, row in zip(("kafka", "redis", "job-manager", "task-manager-1"), rows, strict=True)
    ]
    assert all("MiB" in row and "127.0.0.1:" in row for row in rows)
    assert f"Flink UI: http://{stack.addresses['flink']}" in done.stdout


@pytest.mark.flink
def test_up_on_a_stack_that_is_up_starts_nothing(stack: LocalStack) -> None:
    done = tidemark("up", run=stack.run)
    assert done.returncode == 0, done.stderr
    assert "starting" not in done.stdout
    assert "The stack is up" in done.stdout


@pytest.mark.flink
def test_logs_shows_flinks_own_log(stack: LocalStack) -> None:
    assert "org.apache.flink" in tidemark("logs", "task-manager-1", run=stack.run).stdout
