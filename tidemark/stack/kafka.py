"""Kafka 4: broker and controller in one process (KRaft), on loopback, in plaintext or secured."""

import base64
import shutil
import uuid
from pathlib import Path

from flink_jobs.kafka_access import KafkaAccess
from tidemark.errors import UserError
from tidemark.stack.ports import LOOPBACK, listens
from tidemark.stack.security import USER, Secrets, write_private
from tidemark.stack.service import Service
from tidemark.stack.tools import java, output

PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=CLIENT://{host}:{port},CONTROLLER://{host}:{controller_port}
inter.broker.listener.name=CLIENT
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

PLAINTEXT = """\
listener.security.protocol.map=CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT
"""

SECURED = """\
listener.security.protocol.map=CLIENT:SASL_SSL,CONTROLLER:SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
ssl.keystore.type=PEM
ssl.keystore.location={certificate}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
# To the controller the broker shows its certificate; nobody else has one.
listener.name.controller.ssl.client.auth=required
# The password is read from its file: it stands in no other.
config.providers=directory
config.providers.directory.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider
listener.name.client.scram-sha-512.sasl.jaas.config=\
  org.apache.kafka.common.security.scram.ScramLoginModule required \
  username="broker" password="${{directory:{folder}:{broker_password}}}";
"""


def service(
    run: Path, tools: Path, port: int, controller_port: int, heap: str, secrets: Secrets | None = None
) -> Service:
    """The broker of the stack in `run`, secured if there are `secrets`. `heap` is as Java writes it: `1g`."""
    log = run / "log" / "kafka.log"
    folder = run / "kafka"
    properties = PROPERTIES.format(
        host=LOOPBACK, port=port, controller_port=controller_port, data=folder / "data"
    )
    return Service(
        name="kafka",
        address=f"{LOOPBACK}:{port}",
        run=run,
        output=log,
        explains=log,
        environment={},
        prepare=lambda: prepare(folder, tools / "kafka", properties + listeners(secrets), heap, secrets),
        answers=lambda: answers(access(port, secrets)),
    )


def access(port: int, secrets: Secrets | None) -> KafkaAccess:
    """How clients reach the broker."""
    bootstrap = f"{LOOPBACK}:{port}"
    if secrets is None:
        return KafkaAccess(bootstrap=bootstrap)
    return KafkaAccess(
        bootstrap=bootstrap,
        security="sasl_ssl",
        user=USER,
        password_file=secrets.password_file("kafka"),
        ca=secrets.authority,
    )


def listeners(secrets: Secrets | None) -> str:
    """The part of the configuration that says how clients and controller are spoken to."""
    if secrets is None:
        return PLAINTEXT
    return SECURED.format(
        certificate=secrets.certificate("kafka"),
        authority=secrets.authority,
        folder=secrets.folder,
        broker_password=secrets.password_file("kafka-broker").name,
    )


def prepare(folder: Path, jars: Path, configuration: str, heap: str, secrets: Secrets | None) -> list[str]:
    """Write the configuration, format the data folder if it is new; returns the command line."""
    data, properties = folder / "data", folder / "server.properties"
    folder.mkdir(parents=True, exist_ok=True)
    properties.write_text(configuration)
    program = [java(), "-cp", f"{jars}/*", f"-Djava.io.tmpdir={folder.parent / 'tmp'}", *LOGGING]
    if not (data / "meta.properties").exists():
        format_data([*program, "-Xshare:auto", "-XX:TieredStopAtLevel=1"], data, properties, secrets)
    return [*program, f"-Xmx{heap}", "-XX:+UseG1GC", "kafka.Kafka", str(properties)]


LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd HH:mm:ss,SSS",
)


def new_cluster_id() -> str:
    """128 random bits as Kafka writes them, never with `-` first: its tool would take that for an option."""
    first, *rest = uuid.uuid4().bytes
    return base64.urlsafe_b64encode(bytes([first & 0x7F, *rest])).decode().rstrip("=")


def format_data(program: list[str], data: Path, properties: Path, secrets: Secrets | None) -> None:
    """Make an empty data folder with a cluster id and users, as Kafka wants before its first start."""
    shutil.rmtree(data, ignore_errors=True)  # what an interrupted attempt left
    cluster = new_cluster_id()
    arguments = ["kafka.tools.StorageTool", "format", "--standalone", "-t", cluster, "-c", str(properties)]
    said = run_unseen(data.parent, program, [*arguments, *(users(secrets) if secrets else ())])
    if not (data / "meta.properties").exists():
        raise UserError(f"Kafka could not format {data}: {said.strip()[-500:]}", exit_code=1)


def users(secrets: Secrets) -> list[str]:
    """Options that add the broker itself and its clients, passwords included."""
    passwords = {"broker": secrets.password("kafka-broker"), USER: secrets.password("kafka")}
    return [
        word
        for user, password in passwords.items()
        for word in ("--add-scram", f"SCRAM-SHA-512=[name={user},password={password}]")
    ]


def run_unseen(folder: Path, program: list[str], arguments: list[str]) -> str:
    """Run Java with arguments that the list of processes does not show; returns what it says."""
    file = folder / "arguments"
    write_private(file, "\n".join(f'"{argument}"' for argument in [*program[1:], *arguments]).encode())
    try:
        return output(program[0], f"@{file}")
    finally:
        file.unlink()


def answers(kafka: KafkaAccess) -> bool:
    """Whether the broker has registered with its controller and answers clients."""
    from kafka import KafkaAdminClient
    from kafka.errors import KafkaError

    if not listens(int(kafka.bootstrap.rpartition(":")[2])):
        return False  # the client would retry, and tell of each refusal
    try:
        client = KafkaAdminClient(bootstrap_timeout_ms=3000, **kafka.client_options())
    except KafkaError:
        return False
    try:
        return len(client.describe_cluster()["brokers"]) == 1
    except KafkaError:
        return False
    finally:
        client.close()
