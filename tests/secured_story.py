"""A secured stack on which something happens, and what is seen of it."""

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from flink_jobs.kafka_access import KafkaAccess
from sink_connectors.redis_address import CA, PASSWORD_FILE, URL, RedisAddress
from tests.corner import await_true
from tests.secrets_search import files, private_key
from tests.stack_fixture import ROOT, TOOLS
from tidemark import flink
from tidemark.jobs import SUBMIT_TIMEOUT_S
from tidemark.stack.security import PASSWORDS, SERVERS, Secrets
from tidemark.stack.stack import LocalStack
from tidemark.topics import create_topics


@dataclass
class Story:
    """A secured stack on which all that follows has happened, and what was seen of it.

    printed : what commands printed, by command.
    rest : what Flink's REST interface answered, by path.
    lines : the command lines of all processes since before the start.
    """

    stack: LocalStack
    secrets: Secrets
    lines: set[str]
    printed: dict[str, str] = field(default_factory=dict)
    rest: dict[str, str] = field(default_factory=dict)

    def tidemark(self, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """The command as a person types it beside this stack."""
        done = subprocess.run(
            [str(Path(sys.executable).parent / "tidemark"), *words],
            env={
                **os.environ,
                "TIDEMARK_RUN": str(self.stack.run),
                "TIDEMARK_TOOLS": str(TOOLS),
                **variables,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        command = " ".join(words)
        self.printed[command] = self.printed.get(command, "") + done.stdout + done.stderr
        return done

    def elsewhere(self, *words: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """The same, knowing of the stack nothing but where Kafka listens."""
        kafka = self.stack.addresses["kafka"]
        return self.tidemark(*words, TIDEMARK_RUN="none", TIDEMARK_KAFKA=kafka, **variables)

    def run_to_its_end(self, job: str, *words: str) -> None:
        """Submit a job that ends by itself at what its topics hold, and wait until it has."""
        submitted = self.tidemark("submit", job, "--until-now", *words)
        assert submitted.returncode == 0, submitted.stderr
        self.await_finished(submitted.stdout.rsplit("/", 1)[1].strip())

    def await_finished(self, job_id: str) -> None:
        def ended() -> bool:
            job = flink.get(self.stack.addresses["flink"], f"/jobs/{job_id}/exceptions")
            assert job["exceptionHistory"]["entries"] == []
            return bool(flink.get(self.stack.addresses["flink"], f"/jobs/{job_id}")["state"] == "FINISHED")

        await_true(ended, 120, lambda: f"job {job_id} goes on")

    def places(self, kind: str) -> dict[str, str]:
        """Every place where a secret might be seen, of one kind, by name."""
        if kind == "files":
            return files(self.stack.run, without=self.secrets.folder)
        if kind == "command lines":
            return {line: line for line in list(self.lines)}
        return self.rest if kind == "REST" else self.printed

    def all_secrets(self) -> dict[str, str]:
        passwords = {name: self.secrets.password(name) for name in PASSWORDS}
        return passwords | {f"key of {name}": private_key(self.secrets.certificate(name)) for name in SERVERS}

    @property
    def kafka(self) -> KafkaAccess:
        return KafkaAccess.from_variables(self.stack.access)

    @property
    def redis(self) -> RedisAddress:
        return RedisAddress(*(self.stack.access[name] for name in (URL, PASSWORD_FILE, CA)))

    def copy_topic(self, origin: str, target: str) -> str:
        """A source and a sink with the password in the environment of Flink's servers: the job's id."""
        create_topics(self.kafka, [target])
        words = ("--python", str(ROOT / "tests" / "flink_jobs" / "copy_topic.py"), origin, target)
        line = flink.command("run", "--jobmanager", self.stack.addresses["flink"], "--detached", *words)
        reached = self.kafka.variables()
        del reached["TIDEMARK_KAFKA_PASSWORD_FILE"]
        variables = {**flink.environment(self.stack.run), **reached, "PYTHONPATH": str(ROOT)}
        said = flink.call(line, variables, self.stack.run / "log" / "copy.log", SUBMIT_TIMEOUT_S)
        return said.rpartition("JobID ")[2].split()[0]
