"""The local stack: Kafka, Redis and a Flink cluster, all real, on loopback, under one run folder."""

import shutil
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from threading import Lock
from typing import Any

import psutil

from tidemark.errors import UserError
from tidemark.stack import ports, processes, tools, zookeeper
from tidemark.stack.flink_cluster import JOB_MANAGER, prepare_home, task_manager
from tidemark.stack.kept_jobs import resume_jobs, stop_jobs
from tidemark.stack.launch import start_all
from tidemark.stack.plan import Plan, StackSettings, Wishes, names, ports_of, wanted_ports
from tidemark.stack.record import Record, locked, starting_lock
from tidemark.stack.security import check_unchanged
from tidemark.stack.zookeeper import ZOOKEEPER

# Kafka closes its segments within two or three seconds; two busy cores take longer.
GRACE_S = 20.0
FOLDERS = ("log", "tmp", "kafka", "redis", "flink", "checkpoints", "savepoints")


class LocalStack:
    """The stack in the folder `run`, with the programs in `tools`.

    `state`, `task_managers`, `slots`, `high_availability`, `kafka_heap`, `task_manager_memory` and `secured`:
    see `StackSettings`; `None`: as at the last `up`, else the default. `say` is told what goes on, a line at
    a time.
    """

    def __init__(
        self,
        run: Path,
        tools: Path,
        state: str | None = None,
        task_managers: int | None = None,
        *,
        slots: int | None = None,
        high_availability: bool | None = None,
        kafka_heap: str | None = None,
        task_manager_memory: str | None = None,
        secured: bool | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.run, self.tools = run.absolute(), tools.absolute()
        self._wishes = Wishes(
            state, task_managers, slots, high_availability, kafka_heap, task_manager_memory, secured
        )
        self._say = say
        self._saving = Lock()
        self.record = Record.load(self.run)

    @property
    def addresses(self) -> dict[str, str]:
        """`kafka`, `redis` and `flink`, as `tidemark.settings` takes them."""
        return dict(self.record.addresses)

    @property
    def access(self) -> dict[str, str]:
        """The `TIDEMARK_…` variables with which a job reaches Kafka and Redis."""
        return dict(self.record.access)

    def up(self) -> None:
        """Start what does not run, wait until all answers, resume the jobs that `down` or a crash stopped.

        Raises
        ------
        UserError : a program is missing, a service fails to start, or the stack runs with other settings.
        """
        check_path(self.run)
        for folder in FOLDERS:
            (self.run / folder).mkdir(parents=True, exist_ok=True)
        with self._alone():
            alive = self._reload()
            settings = self._settle(alive)
            tools.java()
            tools.redis_server()
            tools.fetch(self.tools)
            # Task managers that outlived their job manager know its old address only, unless ZooKeeper tells.
            kept = JOB_MANAGER in alive or settings.high_availability
            whole = alive if kept else alive & {"kafka", "redis"}
            self._end(alive - (whole & set(names(settings))))
            if not whole:
                processes.end(self.orphans(), GRACE_S)
                empty(self.run / "tmp")  # what killed processes left
            if not settings.high_availability:
                zookeeper.forget(self.run)
            self._start(settings, [name for name in names(settings) if name not in whole])
            if JOB_MANAGER not in alive:
                resume_jobs(self.record, self.run, self._say)

    def down(self, *, keep_jobs: bool = True) -> bool:
        """Stop the running jobs with a savepoint, end every process. False when there was nothing to end.

        Without `keep_jobs` no savepoint is made, and the next `up` does not resume them.
        """
        if not self._everything():
            return False
        self.run.mkdir(parents=True, exist_ok=True)  # somebody may have removed it under a running stack
        with self._alone():
            alive = self._reload()
            try:
                if keep_jobs and JOB_MANAGER in alive:
                    stop_jobs(self.record, self.run, self._say)
            finally:
                self._say("ending all processes …")
                processes.end(self._everything(), GRACE_S)
                processes.end(processes.marked(self.run), GRACE_S)  # what those started meanwhile
                zookeeper.forget(self.run)  # what is to go on is in the jobs' records
                self.record.processes.clear()
                self.record.save(self.run)
        return True

    def kill_task_manager(self, index: int = 0) -> int:
        """Kill a task manager as `kill` does; its Python worker may live on. Returns the dead pid."""
        return self.kill(task_manager(index))

    def kill(self, name: str) -> int:
        """Kill a service with -9, as a crash would. Returns the dead pid.

        Raises
        ------
        UserError : it is not running.
        """
        if name not in self._reload():
            raise UserError(f"{name} is not running: `tidemark up` starts it", exit_code=1)
        started = self.record.processes[name]
        processes.kill(started)
        return started.pid

    def start_job_manager(self) -> None:
        """Start the job manager if it is missing; with high availability it recovers its jobs by itself."""
        alive = self._reload()
        self._start(self._settle(alive), [JOB_MANAGER] if JOB_MANAGER not in alive else [])

    def start_task_manager(self) -> None:
        """Start every task manager that is missing, once the workers of dead ones have been ended."""
        alive = self._reload()
        settings = self._settle(alive)
        managers = [task_manager(index) for index in range(settings.task_managers)]
        self._start(settings, [name for name in managers if name not in alive])

    def stop_redis(self) -> None:
        """Stop Redis alone; its data stays."""
        self._reload()
        self._end({"redis"})

    def start_redis(self) -> None:
        """Start Redis alone, on its port if that is free."""
        self._start(self._settle(self._reload()), ["redis"])

    def stop_kafka(self) -> None:
        """Stop the broker alone; its data stays."""
        self._reload()
        self._end({"kafka"})

    def start_kafka(self) -> None:
        """Start the broker alone, on its ports if those are free."""
        self._start(self._settle(self._reload()), ["kafka"])

    def orphans(self) -> list[psutil.Process]:
        """Processes of this stack that hang below none of its running services: old Python workers."""
        found = processes.marked(self.run)  # first: a worker that is born meanwhile is none of them
        members = {process.pid for process in self.record.family()}
        return [one for one in found if one.pid not in members and processes.is_running(one)]

    def _everything(self) -> list[psutil.Process]:
        """Every process of this stack, recorded or marked."""
        both = [*self.record.family(), *processes.marked(self.run)]
        return list({process.pid: process for process in both}.values())

    def _alone(self) -> AbstractContextManager[None]:
        return locked(self.run / "lock", lambda: self._say("waiting for another tidemark up or down …"))

    def _reload(self) -> set[str]:
        """Read the record again, as another process may have changed it; returns the names of what runs."""
        self.record = Record.load(self.run)
        return self.record.alive()

    def _settle(self, alive: set[str]) -> StackSettings:
        """The settings of this `up`: those at the last one, changed as wished for."""
        former = StackSettings(**self.record.settings)
        settings = former.changed(self._wishes)
        for name, value in vars(settings).items():
            if alive and name != "task_managers" and value != vars(former)[name]:
                raise UserError(f"the stack is up with {name} {vars(former)[name]}: `tidemark down` first")
        check_unchanged(self.run, settings.secured)
        return settings

    def _start(self, settings: StackSettings, missing: list[str]) -> None:
        """End old workers, start the `missing` services, wait until all answer."""
        processes.end(self.orphans(), GRACE_S)
        if not missing:
            return
        with locked(starting_lock(), lambda: self._say("waiting for another stack to start …")):
            former = self.record.settings
            plan = self._plan(settings, missing)
            if plan.secrets is not None:
                plan.secrets.make()
            if ZOOKEEPER in missing and plan.addresses() != self.record.addresses:
                zookeeper.forget(self.run)  # its plans of jobs name Kafka and Redis where they were
            if JOB_MANAGER in missing:
                prepare_home(self.run, self.tools, plan.cluster())
            self._say(f"starting {', '.join(missing)} …")
            services = plan.services()
            undo = partial(self._undo, missing, former)
            start_all([services[name] for name in missing], self._remember, undo, self._say)
            self.record.addresses, self.record.prometheus = plan.addresses(), plan.prometheus()
            self.record.access = plan.access()
            self.record.save(self.run)

    def _plan(self, settings: StackSettings, missing: list[str]) -> Plan:
        """Ports for what is `missing`; what runs keeps its own."""
        kept = self.record.ports
        wanted = wanted_ports(settings)
        needed = {port: wanted[port] for name in missing for port in ports_of(name)}
        running = {port: kept[port] for port in wanted if port not in needed}
        self.record.ports = {**kept, **running, **ports.assign(needed, kept)}
        self.record.settings = asdict(settings)
        return Plan(self.run, self.tools, settings, self.record.ports)

    def _remember(self, name: str, started: processes.Started) -> None:
        with self._saving:
            self.record.processes[name] = started
            self.record.save(self.run)

    def _undo(self, started: Iterable[str], former: dict[str, Any]) -> None:
        """A failed start leaves no process, and no setting that the next one would take over."""
        self.record.settings = former
        self._end(started)

    def _end(self, dead: Iterable[str]) -> None:
        """End these services with all below them, and forget them."""
        with self._saving:
            ending = [self.record.processes.pop(name, None) for name in dead]
            self.record.save(self.run)
        running = [started.process() for started in ending if started is not None]
        families = [processes.with_descendants(process) for process in running if process is not None]
        processes.end([process for family in families for process in family], GRACE_S)


def empty(folder: Path) -> None:
    """Remove everything in it."""
    shutil.rmtree(folder)
    folder.mkdir()


def check_path(run: Path) -> None:
    """Raise a UserError where Flink's own scripts could not work."""
    if any(character.isspace() for character in str(run)):
        raise UserError(
            f"Flink's scripts cannot work in a folder with a space, {run}: set TIDEMARK_RUN to another"
        )
