"""The configuration of the stack's Flink cluster: `config.yaml`, as text."""

import json
from dataclasses import dataclass
from pathlib import Path

from tidemark.stack.ports import LOOPBACK

# The names that people use, and Flink's.
STATE_BACKENDS = {"rocksdb": "rocksdb", "heap": "hashmap"}
LOOPBACK_HTTP = (
    "--add-exports=jdk.httpserver/sun.net.httpserver=ALL-UNNAMED",
    "-Dcom.sun.net.httpserver.HttpServerProvider=LoopbackHttpServerProvider",
)


@dataclass(frozen=True)
class ClusterConfig:
    """What differs from one cluster to the next. Memory as Flink writes it, such as `1g`."""

    run: Path
    python: Path
    rest_port: int
    rpc_port: int
    state: str = "rocksdb"
    job_manager_memory: str = "1g"
    task_manager_memory: str = "2304m"

    def settings(self, java_options: str) -> dict[str, str | int | bool]:
        """Every setting by its full name. `java_options` are those that the distribution comes with."""
        return {
            **self.addresses(),
            **self.processes(java_options),
            **self.checkpoints(),
            **FAILURES,
            "state.backend.type": STATE_BACKENDS[self.state],
            "python.execution-mode": "process",
            "python.executable": str(self.python),
            "python.client.executable": str(self.python),
            # Thread mode fails on a task manager's second job unless its library is loaded once for all.
            "classloader.parent-first-patterns.additional": "pemja.",
            "state.backend.rocksdb.use-bloom-filter": True,  # an event id is nearly always new
            "metrics.fetcher.update-interval": 1000,  # a person is watching
            "metrics.reporters": "prom",
            "metrics.reporter.prom.factory.class": (
                "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
            ),
        }

    def addresses(self) -> dict[str, str | int | bool]:
        """Nothing is reachable from another machine."""
        return {
            "jobmanager.bind-host": LOOPBACK,
            "jobmanager.rpc.address": LOOPBACK,
            "jobmanager.rpc.port": self.rpc_port,
            "taskmanager.bind-host": LOOPBACK,
            "taskmanager.host": LOOPBACK,
            "rest.address": LOOPBACK,
            "rest.bind-address": LOOPBACK,
            "rest.port": self.rest_port,
        }

    def processes(self, java_options: str) -> dict[str, str | int | bool]:
        """Memory, temporary folders, logs. One slot a task manager: one Python worker beside one JVM."""
        temporary = self.run / "tmp"
        return {
            "jobmanager.memory.process.size": self.job_manager_memory,
            "taskmanager.memory.process.size": self.task_manager_memory,
            "taskmanager.numberOfTaskSlots": 1,
            # A task has ten of these to fill while the next waits for Python: about a bundle of rows.
            "taskmanager.memory.segment-size": "256 kb",
            "io.tmp.dirs": str(temporary),
            "web.tmpdir": str(temporary),
            "env.java.opts.all": " ".join((java_options, *LOOPBACK_HTTP, f"-Djava.io.tmpdir={temporary}")),
            "env.stdout-err.redirect-to-file": True,
        }

    def checkpoints(self) -> dict[str, str | int | bool]:
        """Often, kept after a cancel, and patient: while Redis is away a sink blocks them, the job waits."""
        return {
            "execution.checkpointing.interval": "5 s",
            "execution.checkpointing.incremental": True,
            "execution.checkpointing.dir": (self.run / "checkpoints").as_uri(),
            "execution.checkpointing.savepoint-dir": (self.run / "savepoints").as_uri(),
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
            "execution.checkpointing.timeout": "2 h",
            "execution.checkpointing.tolerable-failed-checkpoints": 1_000_000,
        }


FAILURES: dict[str, str | int | bool] = {
    "restart-strategy.type": "exponential-delay",
    "restart-strategy.exponential-delay.initial-backoff": "1 s",
    "restart-strategy.exponential-delay.max-backoff": "30 s",
    "restart-strategy.exponential-delay.reset-backoff-threshold": "5 min",
    # A killed task manager is noticed after two refused heartbeats; a slow one has the default 50 s.
    "heartbeat.interval": "2 s",
    # Job and task managers start together: the first try finds nobody, the next shall not be 10 s later.
    "cluster.registration.error-delay": "500 ms",
    # Two busy cores answer late.
    "pekko.ask.timeout": "60 s",
}


def render(settings: dict[str, str | int | bool]) -> str:
    """`config.yaml`: one full name a line; JSON's strings and numbers are YAML's."""
    return "".join(f"{name}: {json.dumps(value)}\n" for name, value in settings.items())


def java_options(config: str) -> str:
    """The value of `env.java.opts.all` in the text of the distribution's own `config.yaml`.

    Without these options Java 17 keeps Flink from what it opens by reflection.

    Raises
    ------
    ValueError : the text has none.
    """
    for line in config.splitlines():
        name, _, value = line.strip().partition(": ")
        if name == "all" and value.startswith("--add-"):
            return value.strip()
    raise ValueError("env.java.opts.all is not in Flink's config.yaml")
