"""The configuration of the stack's Flink cluster: `config.yaml`, as text."""

import json
from dataclasses import dataclass
from pathlib import Path

from tidemark.stack import zookeeper
from tidemark.stack.ports import LOOPBACK

# The names that people use, and Flink's.
STATE_BACKENDS = {"rocksdb": "rocksdb", "heap": "hashmap"}
# RocksDB uploads what is new; the heap writes all of its state, and copies what is touched meanwhile.
CHECKPOINT_EVERY = {"rocksdb": "5 s", "heap": "20 s"}
LOOPBACK_HTTP = (
    "--add-exports=jdk.httpserver/sun.net.httpserver=ALL-UNNAMED",
    "-Dcom.sun.net.httpserver.HttpServerProvider=LoopbackHttpServerProvider",
)


@dataclass(frozen=True)
class ClusterConfig:
    """What differs from one cluster to the next.

    slots : of each task manager.
    zookeeper_port : None without high availability.
    job_manager_memory, task_manager_memory : as Flink writes them, such as `1g`.
    """

    run: Path
    python: Path
    rest_port: int
    rpc_port: int
    state: str = "rocksdb"
    slots: int = 1
    zookeeper_port: int | None = None
    job_manager_memory: str = "1g"
    task_manager_memory: str = "2304m"

    def settings(self, java_options: str) -> dict[str, str | int | float | bool]:
        """Every setting by its full name. `java_options` are those that the distribution comes with."""
        return {
            **self.addresses(),
            **self.processes(java_options),
            **self.checkpoints(),
            **self.memory_of_state(),
            **self.high_availability(),
            **FAILURES,
            "state.backend.type": STATE_BACKENDS[self.state],
            "python.execution-mode": "process",
            "python.executable": str(self.python),
            "python.client.executable": str(self.python),
            # Thread mode fails on a task manager's second job unless its library is loaded once for all;
            # what crosses to Python in process mode would be compiled anew for each job.
            "classloader.parent-first-patterns.additional": "pemja.;org.apache.beam.",
            "state.backend.rocksdb.use-bloom-filter": True,  # an event id is nearly always new
            "metrics.fetcher.update-interval": 1000,  # a person is watching
            "metrics.reporters": "prom",
            "metrics.reporter.prom.factory.class": (
                "org.apache.flink.metrics.prometheus.PrometheusReporterFactory"
            ),
        }

    def addresses(self) -> dict[str, str | int | float | bool]:
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

    def processes(self, java_options: str) -> dict[str, str | int | float | bool]:
        """Memory, slots, temporary folders, logs. Each slot has Python workers of its own beside the JVM."""
        temporary = self.run / "tmp"
        return {
            "jobmanager.memory.process.size": self.job_manager_memory,
            "taskmanager.memory.process.size": self.task_manager_memory,
            "taskmanager.numberOfTaskSlots": self.slots,
            # A task has ten of these to fill while the next waits for Python: about a bundle of rows.
            "taskmanager.memory.segment-size": "256 kb",
            "io.tmp.dirs": str(temporary),
            "web.tmpdir": str(temporary),
            "env.java.opts.all": " ".join((java_options, *LOOPBACK_HTTP, f"-Djava.io.tmpdir={temporary}")),
            "env.stdout-err.redirect-to-file": True,
        }

    def checkpoints(self) -> dict[str, str | int | float | bool]:
        """Often, kept after a cancel, and patient: while Redis is away a sink blocks them, the job waits."""
        return {
            "execution.checkpointing.interval": CHECKPOINT_EVERY[self.state],
            "execution.checkpointing.incremental": True,
            "execution.checkpointing.dir": (self.run / "checkpoints").as_uri(),
            "execution.checkpointing.savepoint-dir": (self.run / "savepoints").as_uri(),
            "execution.checkpointing.externalized-checkpoint-retention": "RETAIN_ON_CANCELLATION",
            "execution.checkpointing.timeout": "2 h",
            "execution.checkpointing.tolerable-failed-checkpoints": 1_000_000,
        }

    def memory_of_state(self) -> dict[str, str | int | float | bool]:
        """RocksDB lives in managed memory; with state on the heap only Python has some of it."""
        return {} if self.state == "rocksdb" else {"taskmanager.memory.managed.fraction": 0.1}

    def high_availability(self) -> dict[str, str | int | float | bool]:
        """A job manager that died is followed by one that knows its jobs."""
        if self.zookeeper_port is None:
            return {}
        return {
            "high-availability.type": "zookeeper",
            "high-availability.zookeeper.quorum": f"{LOOPBACK}:{self.zookeeper_port}",
            "high-availability.cluster-id": "/tidemark",
            "high-availability.storageDir": zookeeper.metadata(self.run).as_uri(),
            "high-availability.jobmanager.port": str(self.rpc_port),
            # So long without a sign of life, and another may lead: the default is 60 s.
            "high-availability.zookeeper.client.session-timeout": "10 s",
            # A lost connection is no lost session: the job manager goes on leading while ZooKeeper restarts.
            "high-availability.zookeeper.client.tolerate-suspended-connections": True,
        }


FAILURES: dict[str, str | int | float | bool] = {
    "restart-strategy.type": "exponential-delay",
    # Until it knows who is dead, a job manager would send the job there again, and cancel what is starting.
    "restart-strategy.exponential-delay.initial-backoff": "3 s",
    # No longer than Python takes to start, and soon short again: a failure has little to do with the last.
    "restart-strategy.exponential-delay.max-backoff": "10 s",
    "restart-strategy.exponential-delay.reset-backoff-threshold": "1 min",
    # A killed task manager is noticed after two refused heartbeats; a slow one has the default 50 s.
    "heartbeat.interval": "1 s",
    # Job and task managers start together: the first try finds nobody, the next shall not be 10 s later.
    "cluster.registration.error-delay": "500 ms",
    # Two busy cores answer late.
    "pekko.ask.timeout": "60 s",
}


def render(settings: dict[str, str | int | float | bool]) -> str:
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
