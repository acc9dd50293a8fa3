"""Kafka 4: broker and controller in one process (KRaft), on loopback."""

import base64
import shutil
import uuid
from pathlib import Path

from tidemark.errors import UserError
from tidemark.stack.ports import LOOPBACK, listens
from tidemark.stack.service import Service
from tidemark.stack.tools import java, output

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://{host}:{port},CONTROLLER://{host}:{controller_port}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers={host}:{controller_port}
log.dirs={data}
# A misspelt topic is an error, not an empty topic.
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
group.initial.rebalance.delay.ms=0
# Replayed events may be years old: none is thrown away for its age.
log.retention.ms=-1
"""


def service(run: Path, tools: Path, port: int, controller_port: int, heap: str) -> Service:
    """The broker of the stack in `run`. `heap` is its largest Java heap, such as `1g`."""
    log = run / "log" / "kafka.log"
    return Service(
        name="kafka",
        address=f"{LOOPBACK}:{port}",
        run=run,
        output=log,
        explains=log,
        environment={},
        prepare=lambda: prepare(run / "kafka", tools / "kafka", port, controller_port, heap),
        answers=lambda: answers(port),
    )


def prepare(folder: Path, jars: Path, port: int, controller_port: int, heap: str) -> list[str]:
    """Write the configuration, format the data folder if it is new; returns the command line."""
    data, properties = folder / "data", folder / "server.properties"
    folder.mkdir(parents=True, exist_ok=True)
    properties.write_text(
        PROPERTIES.format(host=LOOPBACK, port=port, controller_port=controller_port, data=data)
    )
    program = [java(), "-cp", f"{jars}/*", f"-Djava.io.tmpdir={folder.parent / 'tmp'}", *LOGGING]
    if not (data / "meta.properties").exists():
        format_data([*program, "-Xshare:auto", "-XX:TieredStopAtLevel=1"], data, properties)
    return [*program, f"-Xmx{heap}", "-XX:+UseG1GC", "kafka.Kafka", str(properties)]


LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss,SSS",
)


def format_data(program: list[str], data: Path, properties: Path) -> None:
    """Make an empty data folder with a cluster id, as Kafka wants before its first start."""
    shutil.rmtree(data, ignore_errors=True)  # what an interrupted attempt left
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    arguments = ("kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", str(properties))
    said = output(*program, *arguments)
    if not (data / "meta.properties").exists():
        raise UserError(f"Kafka could not format {data}: {said.strip()[-500:]}", exit_code=1)


def answers(port: int) -> bool:
    """Whether the broker has registered with its controller and answers clients."""
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    if not listens(port):
        return False  # the client would retry, and tell of each refusal
    try:
        client = KafkaAdminClient(bootstrap_servers=f"{LOOPBACK}:{port}", bootstrap_timeout_ms=3000)
    except KafkaError:
        return False
    try:
        return len(client.describe_cluster()["brokers"]) == 1
    except KafkaError:
        return False
    finally:
        client.close()
