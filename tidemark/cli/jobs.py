"""`tidemark submit`, `jobs`, `stop`, `resume`, `rescale`, `cancel`: jobs on any Flink cluster."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tidemark.errors import UserError
from tidemark.settings import Settings

Name = Annotated[str, typer.Argument(help="Name of the job, for example visitor_preferences.")]
Flink = Annotated[
    str, typer.Option(help="host:port of the job manager. Default: TIDEMARK_FLINK or the local stack.")
]


def add_to(app: typer.Typer) -> None:
    for command in (submit, jobs, stop, resume, rescale, cancel):
        app.command()(command)


def submit(
    name: Name,
    flink: Flink = "",
    kafka: Annotated[str, typer.Option(help="Bootstrap servers, as the cluster reaches them.")] = "",
    redis: Annotated[str, typer.Option(help="Redis URL, as the cluster reaches it.")] = "",
    start: Annotated[
        str, typer.Option(help="earliest, latest, committed (offsets of the last run) or an ISO time.")
    ] = "earliest",
    until_now: Annotated[
        bool, typer.Option("--until-now", help="End by itself at what the topics hold now.")
    ] = False,
    change: Annotated[
        list[str] | None,
        typer.Option("--set", help="A setting of the job, KEY=VALUE; lists and maps as JSON. Repeatable."),
    ] = None,
    from_savepoint: Annotated[
        str | None, typer.Option("--from", help="Savepoint or checkpoint to start from.")
    ] = None,
    parallelism: Annotated[int, typer.Option(min=1, help="Task slots to spread over.")] = 1,
    python: Annotated[
        str, typer.Option(help="Python with tidemark[jobs] on the task managers. Default: this one.")
    ] = "",
) -> None:
    """Submit a job and print the `flink run` line that does the same without tidemark.

    \b
    tidemark submit visitor_preferences
    tidemark submit visitor_preferences --start latest --set 'horizons={"live":"30 min","long":"90 d"}'
    tidemark submit visitor_preferences --until-now
    """
    from tidemark.jobs import JobRecord, known
    from tidemark.jobs import submit as submit_job

    settings, plain = Settings(), known(name)
    environment = {
        **settings.kafka_access(kafka).variables(),
        **settings.redis_address(redis).variables(),
        "TIDEMARK_NAMESPACE": settings.namespace,
        "TIDEMARK_START": start,
        "TIDEMARK_UNTIL_NOW": str(until_now).lower(),
        "TIDEMARK_PARALLELISM": str(parallelism),
        **_changes(plain, change or []),
    }
    record = JobRecord(plain, environment, parallelism=parallelism, savepoint=from_savepoint)
    if python:
        record = JobRecord(plain, environment, python, parallelism, from_savepoint)
    address = flink or settings.flink
    job_id = submit_job(address, settings.run, record, _say)
    Console().print(f"{plain} runs as {job_id}: http://{address}/#/job/{job_id}", soft_wrap=True)


def jobs(flink: Flink = "") -> None:
    """List the jobs of the cluster, the newest first."""
    from tidemark.flink import list_jobs

    address = flink or Settings().flink
    table = Table("job", "state", "since (UTC)", "id", title=f"jobs at {address}")
    for job in list_jobs(address):
        since = datetime.fromtimestamp(job.since_ms / 1000, UTC)
        table.add_row(job.name, job.state, f"{since:%Y-%m-%d %H:%M:%S}", job.id)
    Console().print(table)


def stop(
    name: Name,
    savepoint: Annotated[
        bool,
        typer.Option("--savepoint", help="Keep the state for `resume` (always done; `cancel` does not)."),
    ] = True,
    flink: Flink = "",
) -> None:
    """Stop a job with a savepoint: everything read has been written, and `resume` goes on from there."""
    from tidemark.jobs import known
    from tidemark.jobs import stop as stop_job

    del savepoint  # stopping always takes one; the option says so to whoever looks for it
    settings, plain = Settings(), known(name)
    path = stop_job(flink or settings.flink, settings.run, plain)
    Console().print(f"{plain} stopped, savepoint {path}; `tidemark resume {plain}` goes on", soft_wrap=True)


def resume(
    name: Name,
    from_savepoint: Annotated[
        str | None, typer.Option("--from", help="Another savepoint than the last.")
    ] = None,
    parallelism: Annotated[
        int | None, typer.Option(min=1, help="Task slots to spread over. Default: as before.")
    ] = None,
    flink: Flink = "",
) -> None:
    """Resume a stopped job from its savepoint, configured as it was."""
    from tidemark.jobs import known
    from tidemark.jobs import resume as resume_job

    settings, plain = Settings(), known(name)
    job_id = resume_job(flink or settings.flink, settings.run, plain, from_savepoint, _say, parallelism)
    Console().print(f"{plain} resumed as {job_id}", soft_wrap=True)


def rescale(
    name: Name,
    parallelism: Annotated[int, typer.Option(min=1, help="Task slots to spread over.")],
    flink: Flink = "",
) -> None:
    """Stop a running job with a savepoint and resume it over more or fewer task slots; nothing is lost.

    Example: tidemark rescale visitor_preferences --parallelism 2
    """
    from tidemark.jobs import known
    from tidemark.rescale import rescale as rescale_job

    settings, plain = Settings(), known(name)
    job_id = rescale_job(flink or settings.flink, settings.run, plain, parallelism, _say)
    Console().print(f"{plain} goes on with parallelism {parallelism} as {job_id}", soft_wrap=True)


def cancel(name: Name, flink: Flink = "") -> None:
    """End a job without a savepoint."""
    from tidemark.jobs import cancel as cancel_job
    from tidemark.jobs import known

    settings, plain = Settings(), known(name)
    job_id = cancel_job(flink or settings.flink, settings.run, plain)
    Console().print(f"{plain} ({job_id}) cancelled", soft_wrap=True)


def _changes(job: str, changes: list[str]) -> dict[str, str]:
    """`--set KEY=VALUE` as the variables that the job's configuration reads."""
    from tidemark.jobs import JOBS

    variables = {}
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals or not key.isidentifier():
            raise UserError(f"--set {change}: write KEY=VALUE")
        variables[f"{JOBS[job].prefix}{key.upper()}"] = value
    return variables


def _say(line: str) -> None:
    Console(stderr=True).print(line, style="dim", soft_wrap=True, markup=False, highlight=False)
