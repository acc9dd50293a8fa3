"""A standalone Flink cluster out of the installed `apache-flink` wheel, which stays untouched."""

import shutil
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path

import requests

from tidemark import flink
from tidemark.stack.flink_config import ClusterConfig, java_options, render
from tidemark.stack.ports import LOOPBACK
from tidemark.stack.service import Service
from tidemark.stack.tools import LOOPBACK_JAR

JOB_MANAGER = "job-manager"


def task_manager(index: int) -> str:
    """The name of the task manager number `index`, from 0."""
    return f"task-manager-{index + 1}"


def prepare_home(run: Path, tools: Path, config: ClusterConfig) -> None:
    """Lay out `run/flink`: links to the distribution's jars and ours, one plugin, the configuration."""
    home, source = run / "flink", flink.distribution()
    shutil.rmtree(home / "pids", ignore_errors=True)
    # flink-python on the class path, not in opt/ only: thread mode loads its library once for all jobs.
    programs = [*source.glob("lib/*.jar"), *source.glob("opt/flink-python-*.jar")]
    link(home / "lib", [*programs, *(tools / "flink").glob("*.jar"), tools / "loopback" / LOOPBACK_JAR])
    link(home / "opt", source.glob("opt/*.jar"))
    link(home / "plugins" / "metrics-prometheus", source.glob("plugins/metrics-prometheus/*.jar"))
    shutil.copytree(source / "conf", home / "conf", dirs_exist_ok=True)
    options = java_options((source / "conf" / "config.yaml").read_text())
    (home / "conf" / "config.yaml").write_text(render(config.settings(options)))
    keep_secrets_out_of_logs(home / "conf")
    if not (home / "log").exists():
        (home / "log").symlink_to(run / "log")


def keep_secrets_out_of_logs(conf: Path) -> None:
    """Append what silences them to every log configuration in `conf`: of servers, and of `flink` itself."""
    silence = Path(__file__).with_name("secrets.log4j.properties").read_text()
    for file in conf.glob("log4j*.properties"):
        file.write_text(file.read_text() + silence)


def link(folder: Path, files: Iterable[Path]) -> None:
    """Links to `files`, and nothing else, in `folder`; right ones stay, as a running server may need them."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {folder / file.name: file.absolute() for file in files}
    for link in folder.iterdir():
        if link not in wanted or link.readlink() != wanted[link]:
            link.unlink()
    for link, file in wanted.items():
        if not link.is_symlink():
            link.symlink_to(file)


def environment(run: Path, name: str) -> dict[str, str]:
    """Variables with which Flink's scripts read and write in `run` only; `name` is part of its log's name."""
    home = run / "flink"
    return {
        "FLINK_CONF_DIR": str(home / "conf"),
        "FLINK_LIB_DIR": str(home / "lib"),
        "FLINK_OPT_DIR": str(home / "opt"),
        "FLINK_PLUGINS_DIR": str(home / "plugins"),
        "FLINK_PID_DIR": str(home / "pids" / name),
        "FLINK_LOG_DIR": str(run / "log"),
        "FLINK_IDENT_STRING": name,
        "HOSTNAME": "local",
        "TMPDIR": str(run / "tmp"),
    }


def server_log(run: Path, name: str) -> Path:
    """Where Flink's scripts put the log of the server `name`."""
    kind = "standalonesession" if name == JOB_MANAGER else "taskexecutor"
    return run / "log" / f"flink-{name}-{kind}-0-local.log"


def job_manager(run: Path, rest_port: int, metrics_port: int) -> Service:
    """The job manager, with the REST interface and the web page."""
    address = f"{LOOPBACK}:{rest_port}"
    arguments = {"metrics.reporter.prom.port": str(metrics_port)}
    return _service(run, JOB_MANAGER, address, "jobmanager.sh", arguments, lambda: leads(address))


def task_manager_service(run: Path, index: int, rest_port: int, metrics_port: int) -> Service:
    """A task manager. Ready means: registered with the job manager."""
    name = task_manager(index)
    # A new identity at each start: the job manager shall not take it for the one that was killed.
    identity = f"{name}-{uuid.uuid4().hex[:6]}"
    arguments = {"taskmanager.resource-id": identity, "metrics.reporter.prom.port": str(metrics_port)}
    return _service(
        run,
        name,
        f"{LOOPBACK}:{metrics_port}",
        "taskmanager.sh",
        arguments,
        lambda: identity in (task_managers(f"{LOOPBACK}:{rest_port}") or ()),
    )


def _service(
    run: Path, name: str, address: str, script: str, arguments: dict[str, str], ready: Callable[[], bool]
) -> Service:
    # In the foreground the script becomes the Java process: its pid is the one we know.
    command = [str(flink.distribution() / "bin" / script), "start-foreground"]
    for key, value in arguments.items():
        command += ["-D", f"{key}={value}"]
    return Service(
        name=name,
        address=address,
        run=run,
        output=run / "log" / f"{name}.out",
        explains=server_log(run, name),
        environment=environment(run, name),
        prepare=lambda: command,
        answers=ready,
    )


def leads(address: str) -> bool:
    """Whether the job manager at `address` takes requests; with high availability: whether it was elected.

    It lists jobs only once it has recovered those of its predecessor.
    """
    try:
        paths = ("/taskmanagers", "/jobs/overview")
        return all(requests.get(f"http://{address}{path}", timeout=5).ok for path in paths)
    except requests.RequestException:
        return False


def task_managers(address: str) -> list[str] | None:
    """Identities of the task managers registered at the REST interface on `address`; None: no answer."""
    try:
        answer = requests.get(f"http://{address}/taskmanagers", timeout=5)
    except requests.RequestException:
        return None
    return [manager["id"] for manager in answer.json()["taskmanagers"]] if answer.ok else None
