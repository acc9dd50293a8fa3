"""`tidemark gate-report` and `tidemark dead-letters` as a person types them."""

import socket
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource

from schemas.event_types import CLEAN, DEAD_LETTER, OUTCOMES, RAW, RESENT, WITHHELD
from tests.corner import Corner
from tidemark.cli.gate import escaped, print_letters, print_report
from tidemark.gate.dead_letters import DeadLetter, DeadLetters
from tidemark.gate.report import GateReport
from tidemark.topics import create_topics

TIDEMARK = [sys.executable, "-c", "from tidemark.cli.main import main; main()"]


@given(message=st.binary(max_size=400))
def test_whatever_bytes_are_shown_none_reaches_the_terminal_as_a_control_character(message: bytes) -> None:
    assert escaped(message).isprintable()


def test_what_is_readable_stays_readable_and_what_is_long_is_cut() -> None:
    assert escaped('{"category":"面膜"}'.encode()) == '{"category":"面膜"}'
    assert escaped(b"\x1b[31m\xff\n") == "\\x1b[31m\\xff\\n"
    assert escaped(b"x" * 1300) == "x" * 300 + " … 1,000 bytes more"


@pytest.mark.parametrize("command", ["gate-report", "dead-letters"])
def test_no_kafka_is_one_line_and_exit_code_2(command: str) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"127.0.0.1:{free.getsockname()[1]}"
    ended = subprocess.run(
        [*TIDEMARK, command, "--kafka", nobody], capture_output=True, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert f"no Kafka at {nobody} (Connection refused)" in ended.stderr


MISTAKES = {
    "no duration": (["--set", "event_time_window=soon"], "event_time_window"),
    "a limit of none": (["--set", "per_minute=0"], "per_minute: Input should be greater than or equal to 1"),
    "a misspelt setting": (["--set", "perminute=5"], "no setting 'perminute'; there is: topic_prefix"),
    "a prefix that is none": (["--set", "topic_prefix=a b"], "topic_prefix"),
    "missing topics": ([], "do not exist on Kafka at"),
    "no Kafka": (["--kafka", "127.0.0.1:9"], "no Kafka at 127.0.0.1:9"),
}


@pytest.mark.flink
@pytest.mark.parametrize(("words", "says"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_ends_in_one_clear_line_and_exit_code_2(
    corner: Corner, words: list[str], says: str
) -> None:
    done = corner.tidemark("submit", "event_gate", "--set", f"topic_prefix={corner.name}.", *words)
    assert done.returncode == 2, done.stdout + done.stderr
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


@pytest.mark.flink
def test_a_topic_that_cannot_hold_dead_letters_is_said(corner: Corner) -> None:
    prefix = f"{corner.name}."
    create_topics(corner.kafka, [f"{prefix}{DEAD_LETTER}"], config={"max.message.bytes": "1000"})
    create_topics(corner.kafka, [prefix + name for name in (RAW, RESENT, *OUTCOMES)])
    done = corner.tidemark("submit", "event_gate", "--set", f"topic_prefix={prefix}")
    assert done.returncode == 2
    assert f"{prefix}{DEAD_LETTER}: max.message.bytes is 1,000, and must be at least 2,097,152" in done.stderr


@pytest.mark.flink
def test_topics_are_created_as_the_gate_needs_them(corner: Corner) -> None:
    prefix = f"{corner.name}."
    create_topics(corner.kafka, [prefix + name for name in (RAW, WITHHELD)])
    admin = KafkaAdminClient(bootstrap_servers=corner.kafka)
    asked = [ConfigResource("topic", prefix + name) for name in (RAW, WITHHELD)]
    (found,) = admin.describe_configs(asked, config_filter="all").values()
    admin.close()
    assert found[prefix + RAW]["message.timestamp.type"]["value"] == "LogAppendTime"
    assert found[prefix + WITHHELD]["cleanup.policy"]["value"] == "compact"


def test_the_printed_report_adds_up_and_names_what_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    report = GateReport(
        came_in=1234,
        passed=dict.fromkeys(CLEAN, 200),
        dead_letters=100,
        suspects=50,
        withheld={"no consent": 40, "duplicate": 30},
        waiting=12,
        missing_count=2,
        missing=("0:7", "3:9"),
        repeats=5,
        untraced=6,
        strays=0,
    )
    assert not report.adds_up
    print_report(report)
    printed = capsys.readouterr().out
    assert (
        "in 1,234 = passed 1,000 + dead letters 100 + suspects 50 + withheld 70 + waiting 12 + missing 2"
        in printed
    )
    assert "0:7, 3:9" in printed
    assert "6 messages of trusted producers" in printed
    assert "does not hold any more" not in printed


def test_reasons_and_messages_are_shown_as_they_are_and_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    letter = DeadLetter(b"events.raw:0:7", "not JSON", 0, b"1", b"[red]\x1b[31m<html>")
    print_letters(DeadLetters(Counter({"not JSON": 3}), {"not JSON": [letter]}, sent_again=0))
    printed = capsys.readouterr().out
    assert "events.raw:0:7 not JSON" in printed
    assert "[red]\\x1b[31m<html>" in printed
    print_letters(DeadLetters(sent_again=4))
    assert "No dead letter waits; 4 were sent again." in capsys.readouterr().out
