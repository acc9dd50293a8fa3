"""`tidemark replay` and `tidemark topics` as a person types them."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from schemas.behaviors import TOPIC
from tidemark.replay.registry import KINDS

if TYPE_CHECKING:
    from tidemark.stack.stack import LocalStack

TIDEMARK = [sys.executable, "-c", "from tidemark.cli.main import main; main()"]
ENVIRONMENT = os.environ | {"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}


def tidemark(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TIDEMARK, *arguments], capture_output=True, text=True, timeout=120, env=ENVIRONMENT, check=False
    )


@pytest.fixture
def nobody() -> str:
    """An address where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


def test_help_lists_every_source_and_each_teaches_by_example() -> None:
    overview = tidemark("replay", "--help")
    assert overview.returncode == 0
    for kind in KINDS:
        assert kind.name in overview.stdout
        page = tidemark("replay", kind.name, "--help").stdout
        assert f"Example: tidemark replay {kind.name}" in page
        for option in ("--speed", "--from", "--to", "--limit", "--shift-to-now", "--topic", "--kafka"):
            assert option in page
        assert f"Default: {TOPIC}" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["complete-journey", "--speed", "0"], "--speed 0: a number above 0"),
        (["complete-journey", "--from", "soon"], "'soon' is no date or time"),
        (["complete-journey", "--from", "2018-01-01", "--to", "2017-01-01"], "nothing lies between them"),
        (["complete-journey", "--limit", "0"], "--limit 0: at least 1 event"),
        (["complete-journey", "--kafka", "rubbish"], "Kafka address 'rubbish' does not read host:port"),
        (["taobao", "/no/such.csv"], "cannot read /no/such.csv: No such file or directory"),
    ],
)
def test_a_wrong_argument_is_one_line_and_exit_code_2(arguments: list[str], message: str) -> None:
    ended = tidemark("replay", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert message in line


@pytest.mark.parametrize("command", [["replay", "complete-journey"], ["topics"]])
def test_no_kafka_is_one_line_and_exit_code_2(command: list[str], nobody: str) -> None:
    ended = tidemark(*command, "--kafka", nobody)
    assert (ended.returncode, ended.stdout) == (2, "")
    (line,) = ended.stderr.splitlines()
    assert f"no Kafka at {nobody} (Connection refused)" in line


@pytest.mark.flink
class TestOnTheRealKafka:
    @pytest.fixture
    def kafka(self, stack: "LocalStack") -> str:
        return stack.addresses["kafka"]

    @pytest.fixture
    def topic(self, kafka: str) -> str:
        """A topic made by the command under test."""
        name = f"cli-{uuid4().hex}"
        made = tidemark("topics", name, "--partitions", "2", "--kafka", kafka)
        assert made.returncode == 0, made.stderr
        assert name in made.stdout
        assert "created" in made.stdout
        return name

    def test_a_file_with_bad_rows_is_sent_without_them_and_each_is_said(
        self, kafka: str, topic: str, tmp_path: Path
    ) -> None:
        (tmp_path / "by-time.csv").write_text("1,2,3,pv,1511658000\n\n1,2,3,buy,noon\n1,2,3,buy,1511658001\n")
        ended = tidemark(
            "replay", "taobao", str(tmp_path / "by-time.csv"), "--kafka", kafka, "--topic", topic
        )
        assert ended.returncode == 0
        assert ended.stderr.splitlines() == [
            "bad row: by-time.csv:2: empty line",
            "bad row: by-time.csv:3: time 'noon' is not a whole number of seconds since 1970",
        ]
        assert f"2 events sent to {topic}" in ended.stdout
        assert "2 bad rows left out" in ended.stdout
        assert "event times 2017-11-26 01:00:00 to 2017-11-26 01:00:01 (UTC)" in ended.stdout

    def test_ctrl_c_says_how_many_were_sent_and_ends_with_130(self, kafka: str, topic: str) -> None:
        from tidemark.topics import check_topic

        command = [
            *TIDEMARK,
            "replay",
            "complete-journey",
            "--speed",
            "1",
            "--kafka",
            kafka,
            "--topic",
            topic,
        ]
        running = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
        )
        deadline = time.monotonic() + 60
        while check_topic(kafka, topic).messages == 0 and time.monotonic() < deadline:
            time.sleep(0.2)
        running.send_signal(signal.SIGINT)
        out, error = running.communicate(timeout=30)
        assert running.returncode == 130, error
        assert f"Stopped. 1 event sent to {topic}" in out

    def test_a_missing_topic_is_one_line_and_exit_code_2(self, kafka: str) -> None:
        ended = tidemark("replay", "complete-journey", "--kafka", kafka, "--topic", "nowhere")
        assert (ended.returncode, ended.stdout) == (2, "")
        (line,) = ended.stderr.splitlines()
        assert "create it with `tidemark topics nowhere" in line
