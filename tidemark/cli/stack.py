"""`tidemark up`, `down`, `status`, `logs`: the local stack."""

from typing import Annotated

import typer

from tidemark.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Register the commands of this family."""
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command()(logs)


def up(
    state: Annotated[str | None, typer.Option(help="Where Flink keeps keyed state: rocksdb or heap.")] = None,
    task_managers: Annotated[int | None, typer.Option(help="How many.")] = None,
    slots: Annotated[int | None, typer.Option(help="Of each task manager.")] = None,
    high_availability: Annotated[
        bool | None,
        typer.Option(help="With ZooKeeper: a job manager that was killed recovers its jobs once it is back."),
    ] = None,
    task_manager_memory: Annotated[
        str | None, typer.Option(help="Of each, all in all, such as 2304m.")
    ] = None,
    kafka_heap: Annotated[str | None, typer.Option(help="Largest Java heap of Kafka, such as 1g.")] = None,
    secured: Annotated[
        bool | None,
        typer.Option("--secured", help="Kafka and Redis with TLS and passwords, made in .run/secrets."),
    ] = None,
) -> None:
    """Start Kafka, Redis and a Flink cluster on this machine.

    All are real and listen on loopback only, on the usual ports or the next free ones. Data and logs are in
    .run/ (TIDEMARK_RUN names another folder). What runs already stays; jobs that `down` stopped resume.

    Example: tidemark up --task-managers 2 --state heap
    """
    from rich.console import Console

    from tidemark.stack.stack import LocalStack

    settings, console = Settings(), Console(highlight=False)
    stack = LocalStack(
        settings.run,
        settings.tools,
        state,
        task_managers,
        slots=slots,
        high_availability=high_availability,
        kafka_heap=kafka_heap,
        task_manager_memory=task_manager_memory,
        secured=secured,
        say=console.print,
    )
    stack.up()
    console.print(f"The stack is up. Flink UI: http://{stack.addresses['flink']}")


def down() -> None:
    """Stop each running job with a savepoint, then everything that `tidemark up` started.

    Data and logs stay, and the next `tidemark up` resumes the jobs.

    Example: tidemark down
    """
    from rich.console import Console

    from tidemark.stack.stack import LocalStack

    settings, console = Settings(), Console(highlight=False)
    was_up = LocalStack(settings.run, settings.tools, say=console.print).down()
    console.print("The stack is down." if was_up else f"No stack is up in {settings.run}.")


def status() -> None:
    """Show each service of the local stack: address, process, memory, state.

    Example: tidemark status
    """
    from rich.console import Console
    from rich.table import Table

    from tidemark.stack.status import parts

    settings, console = Settings(), Console(highlight=False)
    found = parts(settings.run)
    if not found:
        console.print(f"No stack is up in {settings.run}: `tidemark up` starts one.")
        return
    table = Table("service", "address", "pid", "memory", "state")
    for part in found:
        memory = f"{part.memory / 2**20:.0f} MiB" if part.pid else ""
        table.add_row(part.name, part.address, str(part.pid or ""), memory, part.state)
    console.print(table)
    console.print(f"Flink UI: http://{settings.flink}   logs: {settings.run / 'log'}")


def logs(
    name: Annotated[str, typer.Argument(help="A service as `tidemark status` names it, such as kafka.")],
    lines: Annotated[int, typer.Option(help="How many lines from the end.")] = 40,
) -> None:
    """Print the end of a service's log, after the log's path.

    Example: tidemark logs task-manager-1 --lines 100
    """
    from tidemark.stack.logs import log_of
    from tidemark.stack.service import tail

    log = log_of(Settings().run, name)
    typer.echo(f"==> {log} <==")
    for line in tail(log, lines):
        typer.echo(line)
