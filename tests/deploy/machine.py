"""Containers without an engine: their commands as processes of this machine, their paths and ports mapped."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.deploy.compose import ROOT, Service
from tests.deploy.dockerfile import layout_step
from tests.deploy.isolation import flink_environment, kafka_command, prometheus_command
from tidemark.stack.tools import LOOPBACK_JAR, java

HOME = "/opt/tidemark"
KAFKA_CLASSES = {"/opt/kafka/bin/kafka-configs.sh": "kafka.admin.ConfigCommand"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Machine:
    """The services of `docker-compose.yml` in the folder `run`, on loopback.

    What a container has from its isolation is given here: ports of its own, its host name, its file system.
    Everything else is what the compose file, the Dockerfile and `deploy/` say.
    """

    run: Path
    tools: Path
    services: dict[str, Service]
    ports: dict[tuple[str, str], int] = field(default_factory=dict)
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Lay out the image's `/opt/tidemark` by the Dockerfile's own step."""
        home = self.run / "image"
        shutil.copytree(ROOT / "deploy", home / "source" / "deploy")
        (home / "connectors").symlink_to(self.tools / "flink")
        step = ["/bin/sh", "-euc", layout_step()]
        subprocess.run(step, cwd=home, env=self.path(), check=True)
        (home / "flink" / "lib" / LOOPBACK_JAR).symlink_to(self.tools / "loopback" / LOOPBACK_JAR)

    def port(self, service: str, port: str) -> int:
        """Where the port of a service's container is here."""
        return self.ports.setdefault((service, port), free_port())

    def address(self, service: str, port: int) -> str:
        return f"127.0.0.1:{self.port(service, str(port))}"

    def up(self, *names: str) -> None:
        """Start services in the order of their conditions, each once those it waits for hold."""
        for name in names:
            if name not in self.processes:
                self.up(*self.services[name].depends_on)
                self.start(name)
                self.await_health(name)

    def start(self, name: str) -> None:
        """Start a service's process, whatever else runs."""
        with (self.run / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                self.command(name),
                env=self.environment(name),
                cwd=self.run,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def await_health(self, name: str, within_s: float = 90) -> None:
        """Return once its health check passes; a service without one is to end by itself, with success."""
        service, process = self.services[name], self.processes[name]
        if not service.health:
            assert process.wait(within_s) == 0, self.log(name)
            return
        kind, *check = service.health
        assert kind == "CMD"
        deadline = time.monotonic() + within_s
        while subprocess.run(
            self.here(name, check), env=self.environment(name), capture_output=True, check=False
        ).returncode:
            assert process.poll() is None, f"{name} ended as {process.returncode}: {self.log(name)}"
            assert time.monotonic() < deadline, f"{name} is not healthy: {self.log(name)}"
            time.sleep(0.5)

    def kill(self, name: str) -> None:
        """With -9, as a crash would."""
        process = self.processes.pop(name)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def down(self) -> None:
        """End every process, those first that were started last."""
        for name in reversed(list(self.processes)):
            if self.processes[name].poll() is None:
                self.kill(name)

    def log(self, name: str) -> str:
        return (self.run / f"{name}.log").read_text(errors="replace")[-3000:]

    def command(self, name: str) -> list[str]:
        """The command of the service's container, as it is here."""
        service = self.services[name]
        kind = service.image.partition(":")[0]
        if kind == "apache/kafka":
            return kafka_command(self, name)
        if kind == "prom/prometheus":
            return prometheus_command(self, name)
        words = self.here(name, [*(service.entrypoint or []), *service.command])
        if kind == "redis":
            words += ["--bind", "127.0.0.1", "--port", str(self.port(name, "6379"))]
        return words

    def environment(self, name: str) -> dict[str, str]:
        """Its variables, and those of the image."""
        service = self.services[name]
        variables = {
            # What a program here has told, such as a savepoint's path, is a path here already.
            key: value if str(self.run) in value else self.here(name, [value])[0]
            for key, value in service.environment.items()
        }
        image = flink_environment(self, name) if service.image.startswith("tidemark") else {}
        return {**self.path(), **image, **variables}

    def here(self, name: str, words: list[str]) -> list[str]:
        """Words of a command: hosts and ports, paths and programs of the container as they are here."""
        service = self.services[name]
        roots = {
            HOME: self.run / "image",
            **service.secrets,
            **{path: self.volume(name, path) for path in service.volumes},
        }
        known = "|".join(re.escape(path) for path in sorted(roots, key=len, reverse=True))
        paths = re.compile(rf"(?<![\w.])(?:{known})(?!\w)")
        mapped = []
        for word in words:
            if word in KAFKA_CLASSES:
                mapped += [java(), "-cp", f"{self.tools / 'kafka'}/*", KAFKA_CLASSES[word]]
                continue
            mapped.append(paths.sub(lambda match: str(roots[match[0]]), self._hosts(name, word)))
        return mapped

    @staticmethod
    def path() -> dict[str, str]:
        """The environment of the tests without settings of ours; `python` is the tests' own."""
        plain = {key: value for key, value in os.environ.items() if not key.startswith("TIDEMARK_")}
        return {**plain, "PATH": f"{Path(sys.executable).parent}:{plain['PATH']}"}

    def _hosts(self, name: str, word: str) -> str:
        """`kafka:9092`, `//:9092` and `/dev/tcp/localhost/2181` as addresses of loopback."""
        hosts = "|".join([*map(re.escape, self.services), "localhost"])

        def moved(match: "re.Match[str]") -> str:
            host = match["host"] if match["host"] in self.services else name
            return f"127.0.0.1{match['between']}{self.port(host, match['port'])}"

        word = re.sub(rf"(?P<host>\b(?:{hosts})|(?<=//))(?P<between>[:/])(?P<port>\d+)\b", moved, word)
        return re.sub(rf"(?<=--host=)({hosts})\b", "127.0.0.1", word)

    def volume(self, name: str, path: str) -> Path:
        """The folder that stands for what is mounted at `path`: of the repository's a copy."""
        source = self.services[name].volumes[path]
        folder = self.run / "volumes" / (source or f"{name}{path}").lstrip("./")
        if source is not None and source.startswith("./") and not folder.exists():
            shutil.copytree(ROOT / source, folder)
        folder.mkdir(parents=True, exist_ok=True)
        return folder
