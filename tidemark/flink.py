"""A Flink cluster through its own command line and its REST interface."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import requests

from tidemark.errors import UserError

REST_TIMEOUT_S = 10
RUNNING = ("CREATED", "INITIALIZING", "RUNNING", "RESTARTING", "FAILING", "RECONCILING")


@dataclass(frozen=True)
class Job:
    """One job as the job manager lists it.

    since_ms : epoch milliseconds.
    is_whole : each of its tasks runs or has done its work; before that it can make no savepoint.
    """

    id: str
    name: str
    state: str
    since_ms: int
    is_whole: bool

    @property
    def is_running(self) -> bool:
        return self.state in RUNNING


def get(flink: str, path: str) -> Any:
    """The JSON answer of the REST interface at `flink` (`host:port`).

    Raises
    ------
    UserError : nobody answers there, or it is not Flink.
    """
    try:
        answer = requests.get(f"http://{flink}{path}", timeout=REST_TIMEOUT_S)
        answer.raise_for_status()
        return answer.json()
    except requests.RequestException as error:
        raise UserError(
            f"Flink does not answer at {flink}: start one with `tidemark up`, or name another with --flink "
            f"({type(error).__name__})"
        ) from error


def list_jobs(flink: str) -> list[Job]:
    """All jobs that the job manager remembers, the newest first."""
    jobs = [_job(listed) for listed in get(flink, "/jobs/overview")["jobs"]]
    return sorted(jobs, key=lambda job: -job.since_ms)


def _job(listed: Mapping[str, Any]) -> Job:
    tasks = listed["tasks"]
    is_whole = tasks["running"] + tasks["finished"] == tasks["total"]
    return Job(listed["jid"], listed["name"], listed["state"], listed["start-time"], is_whole)


def running_job(flink: str, name: str) -> Job | None:
    """The running job of that name."""
    return next((job for job in list_jobs(flink) if job.name == name and job.is_running), None)


def last_checkpoint(flink: str, job_id: str) -> str | None:
    """Path of the newest completed checkpoint or savepoint, or of the one that the job began with."""
    latest = get(flink, f"/jobs/{job_id}/checkpoints")["latest"]
    newest = latest["completed"] or latest["restored"]
    return newest["external_path"] if newest else None


def distribution() -> Path:
    """Folder of the Flink distribution that comes with PyFlink."""
    spec = find_spec("pyflink")
    if spec is None or spec.origin is None:
        raise UserError("PyFlink is not installed: pip install 'tidemark[jobs]'")
    return Path(spec.origin).parent


def environment(run: Path) -> dict[str, str]:
    """Variables under which `flink` finds the distribution and, with a local stack, its connectors."""
    variables = {"FLINK_HOME": str(distribution())}
    for variable, folder in (("FLINK_CONF_DIR", "conf"), ("FLINK_LIB_DIR", "lib"), ("FLINK_LOG_DIR", "log")):
        if (run / "flink" / folder).is_dir():
            variables[variable] = str((run / "flink" / folder).resolve())
    return variables


def command(*arguments: str) -> list[str]:
    """The `flink` command line with these arguments."""
    return [str(distribution() / "bin" / "flink"), *arguments]


def without_passwords(variables: Mapping[str, str]) -> dict[str, str]:
    """Without those that hold one: `flink` needs none to submit a job, and logs its whole environment."""
    return {
        name: value
        for name, value in variables.items()
        if not (name.startswith("TIDEMARK_") and name.endswith("_PASSWORD"))
    }


def target(flink: str) -> tuple[str, ...]:
    """Options for the cluster at `flink`: asked there, also where the configuration has ZooKeeper tell."""
    return ("--jobmanager", flink, "-Dhigh-availability.type=NONE")


def call(arguments: list[str], variables: dict[str, str], log: Path, timeout_s: float) -> str:
    """Run `flink`, keep its output in `log`, and return it.

    Raises
    ------
    UserError : it failed (the cause in one line, and where the rest stands) or took longer than `timeout_s`.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    try:
        done = subprocess.run(
            arguments,
            env=without_passwords(os.environ) | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UserError(
            f"`flink {arguments[1]}` did not end within {timeout_s:.0f} s", exit_code=1
        ) from error
    log.write_text(done.stdout)
    if done.returncode != 0:
        raise UserError(
            f"`flink {arguments[1]}` failed: {cause(done.stdout)} (all of it: {log})", exit_code=1
        )
    return done.stdout


def cause(output: str) -> str:
    """The Python error, or else the innermost Java cause, or else the last line, of a stack trace."""
    errors = re.findall(r"^\w[\w.]*(?:Error|Exception): .+$", output.partition("Traceback")[2], re.MULTILINE)
    causes = re.findall(r"^Caused by: (.+)$", output, re.MULTILINE)
    lines = [line for line in output.splitlines() if line.strip()]
    return str(errors[0] if errors else causes[-1] if causes else lines[-1] if lines else "no output").strip()
