"""Submitting, listing, stopping and resuming jobs, with a record of each under `RUN/jobs`."""

import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from sink_connectors.redis_address import without_password
from tidemark import flink as cluster
from tidemark import modules
from tidemark.article_checks import check_article_keywords, check_article_scores
from tidemark.checks import check_visitor_preferences
from tidemark.errors import UserError
from tidemark.gate.checks import check_event_gate
from tidemark.segments import check_visitor_segments
from tidemark.settings import stack_access


@dataclass(frozen=True)
class Deployable:
    """A job of `flink_jobs`: the prefix of its variables, and what is checked before it is submitted."""

    prefix: str
    check: Callable[[], None]


JOBS: Mapping[str, Deployable] = {
    "visitor_preferences": Deployable("TIDEMARK_PREFERENCES_", check_visitor_preferences),
    "visitor_segments": Deployable("TIDEMARK_SEGMENTS_", check_visitor_segments),
    "event_gate": Deployable("TIDEMARK_GATE_", check_event_gate),
    "article_keywords": Deployable("TIDEMARK_KEYWORDS_", check_article_keywords),
    "article_scores": Deployable("TIDEMARK_SCORES_", check_article_scores),
}

Say = Callable[[str], None]
SUBMIT_TIMEOUT_S = 180
STOP_TIMEOUT_S = 120


@dataclass(frozen=True)
class JobRecord:
    """How a job was started and where it stopped: what `resume` needs.

    environment : the `TIDEMARK_…` variables that configure it.
    job_id : of the run that should be going on; None once it was stopped or cancelled.
    savepoint : where its state was left; None while it runs. started_from : where it took it up.
    resume_on_up : it was stopped by `tidemark down`, and the next `up` resumes it.
    """

    name: str
    environment: Mapping[str, str] = field(default_factory=dict)
    python: str = sys.executable
    parallelism: int = 1
    savepoint: str | None = None
    started_from: str | None = None
    resume_on_up: bool = False
    job_id: str | None = None

    @property
    def is_bounded(self) -> bool:
        """It ends by itself, so its absence says nothing."""
        return self.environment.get("TIDEMARK_UNTIL_NOW") == "true"

    def spread(self, parallelism: int) -> "JobRecord":
        """The same over so many slots."""
        environment = {**self.environment, "TIDEMARK_PARALLELISM": str(parallelism)}
        return replace(self, environment=environment, parallelism=parallelism)

    @staticmethod
    def path(run: Path, name: str) -> Path:
        return run / "jobs" / f"{name}.json"

    def save(self, run: Path) -> None:
        """Write it whole or not at all."""
        path = self.path(run, self.name)
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        unfinished.touch(mode=0o600)  # a Redis URL may carry a password
        unfinished.write_text(json.dumps(asdict(self), indent=2))
        unfinished.rename(path)

    @classmethod
    def load(cls, run: Path, name: str) -> "JobRecord":
        path = cls.path(run, name)
        if not path.exists():
            raise UserError(f"no record of {name} in {path.parent}: start it with `tidemark submit {name}`")
        return cls(**json.loads(path.read_text()))


def known(name: str) -> str:
    """The job's name, dashes allowed; raises `UserError` for any other."""
    plain = name.replace("-", "_")
    if plain not in JOBS:
        raise UserError(f"no job {name!r}; there is: {', '.join(JOBS)}")
    return plain


def run_line(flink: str, run: Path, record: JobRecord) -> list[str]:
    """The `flink run` line that starts the job; it needs nothing of us but the record's environment."""
    archive = modules.archive(run / "jobs")
    return cluster.command(
        "run",
        *cluster.target(flink),
        "--detached",
        *(("--fromSavepoint", record.savepoint) if record.savepoint else ()),
        *("--parallelism", str(record.parallelism)),
        *("--pyModule", f"flink_jobs.{record.name}"),
        *("--pyFiles", str(archive)),
        *("--pyExecutable", record.python),
        *("--pyClientExecutable", sys.executable),
        *("--jarfile", str(modules.jar())),
    )


def submit(flink: str, run: Path, record: JobRecord, say: Say) -> str:
    """Check, print the line, submit; returns the job's id once it is running.

    Raises
    ------
    UserError : exit code 2 when the configuration or an address is wrong or the job runs already.
    """
    running = cluster.running_job(flink, record.name)
    if running:
        raise UserError(f"{record.name} runs already as {running.id}: `tidemark stop {record.name}` first")
    _check(record)
    line, variables = run_line(flink, run, record), cluster.environment(run)
    say(shown(line, {**variables, **record.environment}))
    log = run / "log" / f"submit-{record.name}.log"
    cluster.call(line, {**variables, **record.environment}, log, SUBMIT_TIMEOUT_S)
    job_id = _await_running(flink, record.name)
    started = replace(record, savepoint=None, started_from=record.savepoint)
    replace(started, resume_on_up=False, job_id=job_id).save(run)
    return job_id


def shown(line: list[str], variables: Mapping[str, str]) -> str:
    """The line as a person can paste it; passwords are left out."""
    words = [f"{name}={shlex.quote(without_password(value))}" for name, value in sorted(variables.items())]
    return " ".join([*words, *map(shlex.quote, line)])


def stop(flink: str, run: Path, name: str, *, resume_on_up: bool = False) -> str:
    """Stop the running job with a savepoint and record where; returns the savepoint's path."""
    job = cluster.running_job(flink, name)
    if job is None:
        raise UserError(f"{name} is not running at {flink}; `tidemark jobs` lists what is", exit_code=1)
    line = cluster.command("stop", *cluster.target(flink), job.id)
    output = cluster.call(line, cluster.environment(run), run / "log" / f"stop-{name}.log", STOP_TIMEOUT_S)
    savepoint = output.partition("Savepoint completed. Path: ")[2].split()[0]
    _record(run, name, savepoint=savepoint, resume_on_up=resume_on_up)
    return savepoint


def resume(
    flink: str, run: Path, name: str, savepoint: str | None, say: Say, parallelism: int | None = None
) -> str:
    """Start the job as it was last, from where it stopped or `savepoint`; parallelism None: as before."""
    record = JobRecord.load(run, name)
    if savepoint is None and record.savepoint is None:
        raise UserError(f"{name} was not stopped with a savepoint: name one with --from, or submit it anew")
    resumed = replace(record, savepoint=savepoint or record.savepoint)
    return submit(flink, run, resumed.spread(parallelism or record.parallelism), say)


def cancel(flink: str, run: Path, name: str) -> str:
    """End the running job without a savepoint; its last checkpoint is kept. Returns the job's id."""
    job = cluster.running_job(flink, name)
    if job is None:
        raise UserError(f"{name} is not running at {flink}; `tidemark jobs` lists what is", exit_code=1)
    line = cluster.command("cancel", *cluster.target(flink), job.id)
    cluster.call(line, cluster.environment(run), run / "log" / f"cancel-{name}.log", STOP_TIMEOUT_S)
    _record(run, name, savepoint=cluster.last_checkpoint(flink, job.id), resume_on_up=False)
    return job.id


def stop_all(flink: str, run: Path) -> None:
    """Stop every running job of ours for `tidemark down`, to be resumed by the next `up`.

    A job that cannot make a savepoint in time (Redis away, say) is left to its last checkpoint, which holds
    all that a savepoint would but for the last seconds; those are read from Kafka again.
    """
    for job in cluster.list_jobs(flink):
        if not job.is_running or job.name not in JOBS:
            continue
        try:
            stop(flink, run, job.name, resume_on_up=True)
        except UserError:
            replace(_recorded(run, job.name), resume_on_up=True, job_id=job.id).save(run)


def resume_all(flink: str, run: Path, say: Say = lambda _: None) -> list[str]:
    """Resume what `stop_all` stopped, and what ran when the job manager died; returns the names."""
    resumed = []
    for path in sorted((run / "jobs").glob("*.json")):
        record = abandoned(run, JobRecord.load(run, path.stem))
        if record.resume_on_up and not cluster.running_job(flink, record.name):
            submit(flink, run, _moved(record, run), say)
            resumed.append(record.name)
    return resumed


def abandoned(run: Path, record: JobRecord) -> JobRecord:
    """A job that nobody stopped goes on from its last checkpoint: a job manager alone forgets its jobs."""
    if record.job_id is None or (record.is_bounded and not record.resume_on_up):
        return record
    checkpoints = (run / "checkpoints" / record.job_id).glob("chk-*/_metadata")
    newest = max(checkpoints, key=lambda file: file.stat().st_mtime, default=None)
    savepoint = newest.parent.as_uri() if newest else record.started_from
    return replace(record, savepoint=savepoint, resume_on_up=True)


def _moved(record: JobRecord, run: Path) -> JobRecord:
    """The record with the local stack's addresses of today: ports may have changed since."""
    return replace(record, environment={**record.environment, **stack_access(run)})


def _record(run: Path, name: str, *, savepoint: str | None, resume_on_up: bool) -> None:
    replace(_recorded(run, name), savepoint=savepoint, resume_on_up=resume_on_up, job_id=None).save(run)


def _recorded(run: Path, name: str) -> JobRecord:
    """The record; a new one of a job that was started without us."""
    return JobRecord.load(run, name) if JobRecord.path(run, name).exists() else JobRecord(name)


def _check(record: JobRecord) -> None:
    """Run the job's checks as the job will see its environment."""
    before = {name: os.environ.get(name) for name in record.environment}
    os.environ.update(record.environment)
    try:
        JOBS[record.name].check()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _await_running(flink: str, name: str) -> str:
    """Wait until all tasks of the newest job of that name run, or have ended well (a bounded one's may)."""
    deadline = time.monotonic() + SUBMIT_TIMEOUT_S
    while time.monotonic() < deadline:
        job = next((job for job in cluster.list_jobs(flink) if job.name == name), None)
        if job and job.state in ("RUNNING", "FINISHED") and job.is_whole:
            return job.id
        if job and job.state in ("FAILED", "CANCELED"):
            raise UserError(f"{name} ended as {job.state} right away: see http://{flink}/#/job/{job.id}", 1)
        time.sleep(0.2)
    raise UserError(f"{name} did not start within {SUBMIT_TIMEOUT_S} s: see http://{flink}", exit_code=1)
