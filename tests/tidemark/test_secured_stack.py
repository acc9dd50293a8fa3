"""Kafka and Redis with TLS and passwords, from end to end; and no secret where anybody could see it."""

import json
import socket
import ssl
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import redis as redis_py

from flink_jobs.config import VisitorPreferencesConfig
from schemas.event_types import RAW, RESENT
from tests.corner import JOB
from tests.oracles.preferences import decayed_preferences
from tests.oracles.redis_agrees import differences
from tests.real_data import complete_journey
from tests.secrets_search import command_lines, places_of, rest_answers
from tests.secured_story import Story
from tests.stack_fixture import TOOLS
from tidemark.stack.security import Secrets
from tidemark.stack.stack import LocalStack
from tidemark.topics import check_topic

pytestmark = pytest.mark.flink

EVENTS = 3_000
BROKEN = "0.03"
COPY = "copied"
GATE = "event_gate"


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Trackers' JSON through the gate to the job, both by the password's file; a copy by the password in the
    environment; a look."""
    stack = LocalStack(
        tmp_path_factory.mktemp("secured"), TOOLS, "heap", kafka_heap="512m", secured=True, say=print
    )
    with pytest.MonkeyPatch.context() as patch, command_lines() as lines:
        story = Story(stack, Secrets(stack.run / "secrets"), lines)
        story.secrets.make()
        # The servers get them by their environment too: Flink's logs like to print that.
        patch.setenv("TIDEMARK_KAFKA_PASSWORD", story.secrets.password("kafka"))
        patch.setenv("TIDEMARK_REDIS_PASSWORD", story.secrets.password("redis"))
        try:
            stack.up()
            assert story.tidemark("topics").returncode == 0, story.printed
            replay = ("replay", "complete-journey", "--limit", str(EVENTS), "--json", "--broken", BROKEN)
            assert story.tidemark(*replay).returncode == 0, story.printed
            story.run_to_its_end(GATE, "--set", "event_time_window=off")
            story.run_to_its_end(JOB)
            story.await_finished(story.copy_topic("behaviors", COPY))
            story.rest = rest_answers(stack.addresses["flink"])
            story.tidemark("status")
            yield story
        finally:
            stack.down(keep_jobs=False)


def test_redis_holds_what_the_oracle_says(story: Story) -> None:
    config = VisitorPreferencesConfig()
    expected = decayed_preferences(complete_journey(EVENTS), config.half_lives_ms)
    assert differences(story.redis, config.redis_schema, expected) == []


def test_show_reads_what_the_job_wrote(story: Story) -> None:
    visitor = complete_journey(1)[0]["visitor_id"]
    done = story.tidemark("show", "visitor", visitor, "--at", "latest", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)[0]["items"]


def test_the_gate_accounts_for_every_message(story: Story) -> None:
    done = story.tidemark("gate-report", "--json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    broken = check_topic(story.kafka, RAW).messages - EVENTS
    assert broken > 0
    assert (report["passed"]["behaviors"], report["dead_letters"]) == (EVENTS, broken)


def test_dead_letters_are_read_and_sent_again(story: Story) -> None:
    assert "not JSON" in story.tidemark("dead-letters").stdout
    done = story.tidemark("dead-letters", "--reason", "not JSON", "--resend")
    assert (done.returncode, "dead letters sent again" in done.stdout) == (0, True), done.stderr
    assert check_topic(story.kafka, RESENT).messages > 0


def test_the_password_in_the_environment_lets_source_and_sink_in(story: Story) -> None:
    assert check_topic(story.kafka, COPY).messages == EVENTS


def first_byte(story: Story, trust: ssl.SSLContext) -> bytes:
    """What Kafka's controller says to a connection that says nothing."""
    address = ("127.0.0.1", story.stack.record.ports["kafka-controller"])
    with (
        socket.create_connection(address, 3) as plain,
        trust.wrap_socket(plain, server_hostname=address[0]) as connection,
    ):
        return connection.recv(1)


class TestWithoutTheSecrets:
    def test_plaintext_is_refused_by_kafka(self, story: Story) -> None:
        done = story.elsewhere("topics")
        assert (done.returncode, "it speaks TLS, we do not" in done.stderr) == (2, True), done.stderr

    @pytest.mark.parametrize("command", [("topics",), ("replay", "complete-journey"), ("submit", JOB)])
    def test_a_wrong_password_is_refused_by_kafka(self, story: Story, command: tuple[str, ...]) -> None:
        (wrong := story.stack.run / "tmp" / "wrong").write_text("wrong")
        done = story.tidemark(*command, TIDEMARK_KAFKA_PASSWORD_FILE=str(wrong))
        assert done.returncode == 2
        assert "does not let user 'tidemark' in" in done.stderr
        assert str(wrong) in done.stderr

    def test_a_broker_that_nobody_vouches_for_is_refused_by_us(self, story: Story) -> None:
        import trustme

        trustme.CA().cert_pem.write_to_path(other := story.stack.run / "tmp" / "other.pem")
        done = story.tidemark("topics", TIDEMARK_KAFKA_CA=str(other))
        assert (done.returncode, f"not vouched for by {other}" in done.stderr) == (2, True), done.stderr

    def test_tls_without_a_login_is_refused_by_kafka(self, story: Story) -> None:
        ca = str(story.secrets.authority)
        done = story.elsewhere("topics", TIDEMARK_KAFKA_SECURITY="ssl", TIDEMARK_KAFKA_CA=ca)
        assert (done.returncode, "if it wants a login" in done.stderr) == (2, True), done.stderr

    def test_the_controller_lets_in_who_has_a_certificate_only(self, story: Story) -> None:
        trust = ssl.create_default_context(cafile=story.secrets.authority)
        with suppress(ssl.SSLError, ConnectionError):  # an alert, or the end of the connection
            assert first_byte(story, trust) == b""
        trust.load_cert_chain(story.secrets.certificate("kafka"))
        with pytest.raises(TimeoutError):  # it waits for a request
            first_byte(story, trust)

    def test_redis_speaks_tls_only_and_wants_the_password(self, story: Story) -> None:
        port = story.stack.record.ports["redis"]
        with pytest.raises(redis_py.ConnectionError), redis_py.Redis(port=port, socket_timeout=5) as plain:
            plain.ping()
        trusting: dict[str, Any] = {
            "port": port,
            "host": "127.0.0.1",
            "ssl": True,
            "ssl_ca_certs": str(story.secrets.authority),
        }
        with pytest.raises(redis_py.AuthenticationError), redis_py.Redis(**trusting) as nobody:
            nobody.ping()
        with (
            pytest.raises(redis_py.AuthenticationError),
            redis_py.Redis(**trusting, username="tidemark", password="wrong") as wrong,
        ):
            wrong.ping()


def test_a_stack_stays_secured(story: Story) -> None:
    from tidemark.errors import UserError
    from tidemark.stack.security import check_unchanged

    check_unchanged(story.stack.run, secured=True)
    with pytest.raises(UserError, match="is secured and stays so"):
        check_unchanged(story.stack.run, secured=False)


@pytest.mark.parametrize("kind", ["files", "REST", "command lines", "printed"])
def test_no_secret_is_seen_anywhere(story: Story, kind: str) -> None:
    places = story.places(kind)
    found = {name: places_of(secret, places) for name, secret in story.all_secrets().items()}
    assert not {name: where for name, where in found.items() if where}


@pytest.mark.parametrize(
    ("word", "kind", "where"),
    [
        ("sasl.jaas.config = [hidden]", "files", "flink-task-manager-1"),
        ("PATH=", "files", "proof-that-it-is-searched"),
        ("ScramLoginModule", "files", "server.properties"),
        (JOB, "REST", "/jobs/overview"),
        ("sasl.jaas.config = [hidden]", "REST", "/logs/"),
        ("kafka.Kafka", "command lines", "server.properties"),
        ("pyflink.fn_execution", "command lines", "python"),
        ("kafka/arguments", "command lines", "java"),
        ("behaviors", "printed", "topics"),
    ],
)
def test_the_search_finds_what_is_there(story: Story, word: str, kind: str, where: str) -> None:
    (story.stack.run / "log" / "proof-that-it-is-searched").write_text("PATH=")
    assert any(where in place for place in places_of(word, story.places(kind)))
