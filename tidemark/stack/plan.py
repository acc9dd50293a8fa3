"""What a local stack consists of: its settings, its ports, and the services that follow from both."""

import re
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from tidemark.errors import UserError
from tidemark.stack import flink_cluster, kafka, redis_server, zookeeper
from tidemark.stack.flink_cluster import JOB_MANAGER, task_manager
from tidemark.stack.flink_config import STATE_BACKENDS, ClusterConfig
from tidemark.stack.ports import LOOPBACK, USUAL
from tidemark.stack.security import SECRETS, Secrets
from tidemark.stack.service import Service
from tidemark.stack.zookeeper import ZOOKEEPER


@dataclass(frozen=True)
class StackSettings:
    """What a person may choose.

    state : where Flink keeps keyed state, `rocksdb` or `heap`.
    task_managers, slots : how many, and slots of each.
    high_availability : a job manager that is started again recovers its jobs; ZooKeeper runs for it.
    secured : Kafka and Redis want TLS and a password; a run folder stays as it was made.
    kafka_heap, task_manager_memory : as Java and Flink write them, `1g`, `2304m`.

    Raises
    ------
    UserError : no such state, no task manager, no slot, or not a size.
    """

    state: str = "rocksdb"
    task_managers: int = 1
    slots: int = 1
    high_availability: bool = False
    kafka_heap: str = "1g"
    task_manager_memory: str = "2304m"
    secured: bool = False

    def __post_init__(self) -> None:
        if self.state not in STATE_BACKENDS:
            raise UserError(f"--state {self.state}: choose one of {', '.join(STATE_BACKENDS)}")
        for option, number in (("task-managers", self.task_managers), ("slots", self.slots)):
            if number < 1:
                raise UserError(f"--{option} {number}: at least 1")
        for option, size in (
            ("kafka-heap", self.kafka_heap),
            ("task-manager-memory", self.task_manager_memory),
        ):
            if re.fullmatch(r"[1-9]\d*[mg]", size) is None:
                raise UserError(f"--{option} {size}: a number of MiB or GiB, such as 2304m or 1g")

    def changed(self, wishes: "Wishes") -> "StackSettings":
        """These, with what is wished for."""
        return replace(self, **{name: wish for name, wish in vars(wishes).items() if wish is not None})


@dataclass(frozen=True)
class Wishes:
    """Settings that a person asked for; `None`: as it is."""

    state: str | None = None
    task_managers: int | None = None
    slots: int | None = None
    high_availability: bool | None = None
    kafka_heap: str | None = None
    task_manager_memory: str | None = None
    secured: bool | None = None


@dataclass(frozen=True)
class Plan:
    """A stack in the folder `run` with the programs in `tools`, both absolute, on `ports` by name."""

    run: Path
    tools: Path
    settings: StackSettings
    ports: dict[str, int]

    def addresses(self) -> dict[str, str]:
        """As `tidemark.settings` takes them."""
        return {
            "kafka": f"{LOOPBACK}:{self.ports['kafka']}",
            "redis": redis_server.address(self.ports["redis"], self.secrets).url,
            "flink": f"{LOOPBACK}:{self.ports['flink']}",
        }

    @property
    def secrets(self) -> Secrets | None:
        """Of a secured stack."""
        return Secrets(self.run / SECRETS) if self.settings.secured else None

    def access(self) -> dict[str, str]:
        """The `TIDEMARK_…` variables with which Kafka and Redis are reached; they name files, not secrets."""
        return {
            **kafka.access(self.ports["kafka"], self.secrets).variables(),
            **redis_server.address(self.ports["redis"], self.secrets).variables(),
        }

    def prometheus(self) -> list[str]:
        """`host:port` of the endpoints, the job manager's first."""
        return [
            f"{LOOPBACK}:{self.ports[metrics(name)]}"
            for name in names(self.settings)
            if metrics(name) in self.ports
        ]

    def services(self) -> dict[str, Service]:
        """By name, in the order of `names`."""
        rest = self.ports["flink"]
        managers = {
            task_manager(index): flink_cluster.task_manager_service(
                self.run, index, rest, self.ports[metrics(task_manager(index))]
            )
            for index in range(self.settings.task_managers)
        }
        zookeepers = {
            name: zookeeper.service(self.run, self.ports[name]) for name in _zookeepers(self.settings)
        }
        return {
            "kafka": kafka.service(
                self.run,
                self.tools,
                self.ports["kafka"],
                self.ports["kafka-controller"],
                self.settings.kafka_heap,
                self.secrets,
            ),
            "redis": redis_server.service(self.run, self.ports["redis"], self.secrets),
            **zookeepers,
            JOB_MANAGER: flink_cluster.job_manager(self.run, rest, self.ports[metrics(JOB_MANAGER)]),
            **managers,
        }

    def cluster(self) -> ClusterConfig:
        """The configuration of the Flink cluster."""
        return ClusterConfig(
            run=self.run,
            python=Path(sys.executable),
            rest_port=self.ports["flink"],
            rpc_port=self.ports["flink-rpc"],
            state=self.settings.state,
            slots=self.settings.slots,
            zookeeper_port=self.ports[ZOOKEEPER] if self.settings.high_availability else None,
            task_manager_memory=self.settings.task_manager_memory,
        )


def names(settings: StackSettings) -> list[str]:
    """The services of a stack."""
    managers = (task_manager(index) for index in range(settings.task_managers))
    return ["kafka", "redis", *_zookeepers(settings), JOB_MANAGER, *managers]


def _zookeepers(settings: StackSettings) -> list[str]:
    return [ZOOKEEPER] if settings.high_availability else []


def metrics(name: str) -> str:
    """The name of a Flink server's Prometheus port."""
    return f"{name}-metrics"


def wanted_ports(settings: StackSettings) -> dict[str, int]:
    """The usual port of each server of such a stack, by name."""
    first = USUAL[metrics(JOB_MANAGER)]
    managers = {metrics(task_manager(index)): first + 1 + index for index in range(settings.task_managers)}
    usual = {name: port for name, port in USUAL.items() if name != ZOOKEEPER or settings.high_availability}
    return {**usual, **managers}


def ports_of(name: str) -> list[str]:
    """Names of the ports that a service listens on."""
    own = {
        "kafka": ["kafka", "kafka-controller"],
        "redis": ["redis"],
        ZOOKEEPER: [ZOOKEEPER],
        JOB_MANAGER: ["flink", "flink-rpc", metrics(JOB_MANAGER)],
    }
    return own.get(name, [metrics(name)])
