"""Processes of a local stack: started apart from the terminal, marked, found again, ended for certain."""

import os
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

# Every process of a stack carries its run folder here, and hands it down to its children. So a Python worker
# that outlived its killed task manager is found, though nobody wrote down its pid.
MARK = "TIDEMARK_STACK"


@dataclass(frozen=True)
class Started:
    """A process as we started it. A pid alone is used again after a reboot: `create_time` (epoch s) tells."""

    pid: int
    create_time: float

    def process(self) -> psutil.Process | None:
        """The process while it runs, else None."""
        try:
            process = psutil.Process(self.pid)
            # The clock that psutil derives from boot time may be adjusted by some milliseconds.
            same = abs(process.create_time() - self.create_time) < 1.0
            return process if same and is_running(process) else None
        except psutil.NoSuchProcess:
            return None


def is_running(process: psutil.Process) -> bool:
    """Whether any of it runs; a dead child of ours is collected, so that it does not stay as a zombie."""
    try:
        if process.status() != psutil.STATUS_ZOMBIE:
            return True
        # A killed JVM looks like a zombie while its last threads still end: it may hold its ports.
        return os.waitpid(process.pid, os.WNOHANG) == (0, 0)
    except ChildProcessError:
        return threads(process) > 1  # whoever started it has to collect it
    except psutil.NoSuchProcess:
        return False


def threads(process: psutil.Process) -> int:
    try:
        return process.num_threads()
    except psutil.NoSuchProcess:
        return 0


def start(command: Sequence[str], run: Path, log: Path, environment: Mapping[str, str]) -> Started:
    """Start `command` in a session of its own, marked with `run`, both output streams appended to `log`.

    Ctrl-C in the terminal does not reach it, and it outlives us. `environment` is added to ours.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    marked = {**os.environ, **environment, MARK: str(run)}
    streams = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    # Not subprocess: a Popen object complains when it is forgotten while its process runs on, as it shall.
    pid = os.posix_spawnp(command[0], list(command), marked, file_actions=streams, setsid=True)
    return Started(pid, psutil.Process(pid).create_time())


def marked(run: Path) -> list[psutil.Process]:
    """Every running process that carries `run` as its mark, wherever it hangs; never ourselves."""
    ourselves = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return [
        process for process in psutil.process_iter() if process.pid not in ourselves and carries(process, run)
    ]


def carries(process: psutil.Process, run: Path) -> bool:
    try:
        return process.environ().get(MARK) == str(run) and is_running(process)
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        # Gone meanwhile, or of another user; a zombie's environment cannot be read either.
        return False


def with_descendants(process: psutil.Process) -> list[psutil.Process]:
    """`process` and all below it; empty when it is gone."""
    try:
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def end(processes: Iterable[psutil.Process], grace_s: float) -> None:
    """Ask each to end (TERM); after `grace_s` seconds force what remains (KILL). Waits for it."""
    remaining = send(processes, signal.SIGTERM)
    remaining = wait_gone(remaining, grace_s)
    wait_gone(send(remaining, signal.SIGKILL), 10.0)


def kill(started: Started) -> None:
    """End it with -9, without a chance to tidy up, as the kernel does when memory runs out."""
    process = started.process()
    if process is not None:
        wait_gone(send([process], signal.SIGKILL), 10.0)


def send(processes: Iterable[psutil.Process], number: signal.Signals) -> list[psutil.Process]:
    """Signal those that are alive and return them."""
    alive = []
    for process in processes:
        try:
            process.send_signal(number)
            alive.append(process)
        except psutil.NoSuchProcess:
            continue
    return alive


def wait_gone(processes: Iterable[psutil.Process], seconds: float) -> list[psutil.Process]:
    """Wait until all have ended, at most `seconds`; returns those that have not."""
    deadline = time.monotonic() + seconds
    remaining = [process for process in processes if is_running(process)]
    while remaining and time.monotonic() < deadline:
        time.sleep(0.05)
        remaining = [process for process in remaining if is_running(process)]
    return remaining
