"""ZooKeeper out of Flink's distribution: who leads, and where a new job manager finds the jobs."""

import shutil
import socket
from pathlib import Path

from tidemark import flink
from tidemark.stack.ports import LOOPBACK, listens
from tidemark.stack.service import Service
from tidemark.stack.tools import java

ZOOKEEPER = "zookeeper"

CONFIG = """\
clientPortAddress={host}
clientPort={port}
dataDir={data}
# ms. A session, and with it a dead job manager's leadership, ends after 2 to 20 of these.
tickTime=1000
admin.enableServer=false
4lw.commands.whitelist=ruok
autopurge.snapRetainCount=3
autopurge.purgeInterval=1
"""


def service(run: Path, port: int) -> Service:
    """One ZooKeeper, no quorum: what a single machine can have."""
    log = run / "log" / f"{ZOOKEEPER}.log"
    return Service(
        name=ZOOKEEPER,
        address=f"{LOOPBACK}:{port}",
        run=run,
        output=log,
        explains=log,
        environment={},
        prepare=lambda: prepare(run / ZOOKEEPER, port),
        answers=lambda: answers(port),
    )


def prepare(folder: Path, port: int) -> list[str]:
    """Write the configuration; returns the command line."""
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "zoo.cfg"
    config.write_text(CONFIG.format(host=LOOPBACK, port=port, data=folder / "data"))
    program = [java(), "-Xmx128m", "-Dlog4j2.level=WARN", f"-Djava.io.tmpdir={folder.parent / 'tmp'}"]
    # Not by Flink's zookeeper.sh: that stays between us and Java, and a signal would not arrive.
    peer = ["org.apache.flink.runtime.zookeeper.FlinkZooKeeperQuorumPeer", "--peerId", "1"]
    return [*program, "-cp", f"{flink.distribution()}/lib/*", *peer, "--zkConfigFile", str(config)]


def metadata(run: Path) -> Path:
    """Where the job manager stores what ZooKeeper points to: plans of jobs, their files, checkpoints."""
    return run / "high-availability"


def forget(run: Path) -> None:
    """Remove every trace of the jobs, so that the next job manager recovers none."""
    for folder in (run / ZOOKEEPER, metadata(run)):
        shutil.rmtree(folder, ignore_errors=True)


def answers(port: int) -> bool:
    """Whether it serves: it says `imok` to `ruok`."""
    if not listens(port):
        return False
    with socket.create_connection((LOOPBACK, port), timeout=2.0) as connection:
        connection.sendall(b"ruok")
        try:
            return connection.recv(4) == b"imok"
        except OSError:
            return False
