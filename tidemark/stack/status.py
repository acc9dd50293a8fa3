"""What `tidemark status` tells of a local stack."""

from dataclasses import dataclass
from pathlib import Path

import psutil

from tidemark.stack import ports
from tidemark.stack.plan import StackSettings, names, ports_of
from tidemark.stack.processes import with_descendants
from tidemark.stack.record import Record


@dataclass(frozen=True)
class Part:
    """One service. `memory` is resident bytes, with its Python workers; `pid` is None when it died."""

    name: str
    address: str
    pid: int | None
    memory: int
    state: str


def parts(run: Path) -> list[Part]:
    """Every service of the stack in `run`, running or not; empty when it is not up."""
    record = Record.load(run.absolute())
    if not record.processes:
        return []
    return [part(record, name) for name in names(StackSettings(**record.settings))]


def part(record: Record, name: str) -> Part:
    """`running`, `dead`, or `does not answer`: the process runs, its port is closed."""
    port = record.ports[ports_of(name)[0]]
    started = record.processes.get(name)
    process = started.process() if started is not None else None
    address = f"{ports.LOOPBACK}:{port}"
    if process is None:
        return Part(name, address, None, 0, "dead")
    state = "running" if ports.listens(port) else "does not answer"
    return Part(name, address, process.pid, sum(map(resident, with_descendants(process))), state)


def resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0
