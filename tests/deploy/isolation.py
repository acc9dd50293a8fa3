"""What servers have from their containers' isolation, given by configuration: ports, addresses, folders."""

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from tests.deploy.prometheus import program
from tidemark.stack.flink_config import LOOPBACK_HTTP, render
from tidemark.stack.tools import java

if TYPE_CHECKING:
    from tests.deploy.machine import Machine

SIZES = {"m": 2**20, "g": 2**30}
METRICS = 9249


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by their full names."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        found |= flat(value, f"{name}.") if isinstance(value, dict) else {name: value}
    return found


def flink_environment(machine: "Machine", name: str) -> dict[str, str]:
    """The image's variables, and a control group with the container's limit of memory."""
    temporary, home = machine.volume(name, "/tmp"), machine.run / "image" / "flink"
    groups = machine.run / "cgroup" / name
    groups.mkdir(parents=True, exist_ok=True)
    memory = machine.services[name].memory
    limit = groups / "memory.max"
    if not limit.exists():  # as with the configuration
        limit.write_text(f"{int(memory[:-1]) * SIZES[memory[-1]] if memory else 'max'}\n")
    return {
        "FLINK_HOME": str(home),
        "FLINK_CONF_DIR": str(flink_conf(machine, name, home / "conf")),
        "FLINK_LOG_DIR": str(temporary / "log"),
        "FLINK_PID_DIR": str(temporary),
        "TMPDIR": str(temporary),
        "CGROUP": str(groups),
    }


def flink_conf(machine: "Machine", name: str, image: Path) -> Path:
    """The configuration in the image, with this server's addresses and folders."""
    folder = machine.run / "conf" / name
    if folder.exists():  # a server may be reading it while its health is asked
        return folder
    shutil.copytree(image, folder)
    settings = flat(YAML(typ="safe").load((image / "config.yaml").read_text()))
    mapped: dict[str, Any] = {
        key: machine.here(name, [value])[0] if isinstance(value, str) else value
        for key, value in settings.items()
    }
    temporary = str(machine.volume(name, "/tmp"))
    own: dict[str, Any] = {
        "jobmanager.bind-host": "127.0.0.1",
        "taskmanager.bind-host": "127.0.0.1",
        "rest.bind-address": "127.0.0.1",
        "rest.port": machine.port(name, str(settings["rest.port"])),
        "high-availability.jobmanager.port": machine.port(name, "6123"),
        "metrics.reporter.prom.port": machine.port(name, str(settings["metrics.reporter.prom.port"])),
        "io.tmp.dirs": temporary,
        "env.java.opts.all": " ".join((settings["env.java.opts.all"], *LOOPBACK_HTTP)),
    }
    assert own.keys() - settings.keys() == {"io.tmp.dirs"}
    (folder / "config.yaml").write_text(render({**mapped, **own}))
    zoo = machine.here(name, (image / "zoo.cfg").read_text().splitlines())
    own_port = {"clientPort=2181": f"clientPort={machine.port(name, '2181')}\nclientPortAddress=127.0.0.1"}
    (folder / "zoo.cfg").write_text("\n".join(own_port.get(line, line) for line in zoo))
    return folder


def kafka_command(machine: "Machine", name: str) -> list[str]:
    """As the image does: properties from the environment, a formatted folder, the broker."""
    folder, words = machine.run / "kafka", []
    for part in ("default", "mounted", "final"):
        (folder / part).mkdir(parents=True, exist_ok=True)
        words += [f"--{part}-configs-dir", str(folder / part)]
    for file in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
        (folder / "default" / file).touch()
    line = [java(), "-cp", f"{machine.tools / 'kafka'}/*"]
    subprocess.run(
        [*line, "kafka.docker.KafkaDockerWrapper", "setup", *words],
        env={"CLUSTER_ID": "5L6g3nShT-eMCtK--X86sw", **machine.environment(name)},
        check=True,
        capture_output=True,
    )
    heap = machine.services[name].environment["KAFKA_HEAP_OPTS"]
    return [*line, heap, "kafka.Kafka", str(folder / "final" / "server.properties")]


def prometheus_command(machine: "Machine", name: str) -> list[str]:
    """The server, with the addresses that a container engine's name server would give.

    It knows no service of a profile, which nobody asked for.
    """
    file = machine.volume(name, "/etc/prometheus") / "prometheus.yml"
    yaml = YAML(typ="safe")
    config = yaml.load(file.read_text())
    for job in config["scrape_configs"]:
        for found in job.pop("dns_sd_configs", ()):
            known = [name for name in found["names"] if "profiles" not in machine.services[name].settings]
            targets = [machine.address(service, found["port"]) for service in known]
            job.setdefault("static_configs", []).append({"targets": targets})
    yaml.dump(config, file)
    listen = f"--web.listen-address={machine.address(name, 9090)}"
    return [program("prometheus"), listen, *machine.here(name, machine.services[name].command)]
