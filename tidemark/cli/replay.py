"""`tidemark replay SOURCE` and `tidemark topics`: recorded events into Kafka, and the topics to hold them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from tidemark.errors import UserError
from tidemark.replay.registry import KINDS
from tidemark.replay.source import Source, SourceKind
from tidemark.settings import Settings

File = Annotated[Path, typer.Argument(metavar="FILE", help="The data.")]
Speed = Annotated[str, typer.Option(help="1 is real time, 60 a minute of events a second; or max.")]
From = Annotated[str | None, typer.Option("--from", help="Only events from this ISO date or time on (UTC).")]
To = Annotated[str | None, typer.Option("--to", help="Only events before this ISO date or time (UTC).")]
Limit = Annotated[int | None, typer.Option(help="At most so many events.")]
ShiftToNow = Annotated[
    bool,
    typer.Option(
        "--shift-to-now",
        help="Move event times: the last event becomes now at speed max, else the first one.",
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Send JSON to events.raw, as trackers do, for the job event_gate.")
]
Broken = Annotated[
    float, typer.Option(help="With --json: after this share of the events a broken message; 0.03 is 3 %.")
]
TopicName = Annotated[
    str,
    typer.Option(help="Topic to write to. Default: behaviors, for lists feedback; with --json events.raw."),
]
Kafka = Annotated[
    str, typer.Option(help="Bootstrap servers, host:port. Default: TIDEMARK_KAFKA or the local stack.")
]


def add_to(app: typer.Typer) -> None:
    replay = typer.Typer(
        no_args_is_help=True,
        help="Replay recorded events into Kafka, as fast as possible or at a factor of real time.",
    )
    for kind in KINDS:
        command = _of_file(kind) if kind.needs_file else _of_package(kind)
        replay.command(kind.name, help=kind.help)(command)
    app.add_typer(replay, name="replay")
    app.command()(topics)


def topics(
    names: Annotated[list[str] | None, typer.Argument(help="Topics. Default: those of the jobs.")] = None,
    partitions: Annotated[int, typer.Option(min=1, help="Of each topic that is created.")] = 4,
    kafka: Kafka = "",
) -> None:
    """Create the topics that are missing, and show what each holds.

    \b
    tidemark topics
    tidemark topics behaviors my-test --partitions 8
    """
    from tidemark.topics import TOPICS, create_topics, describe_topics

    access, wanted = Settings().kafka_access(kafka), names or TOPICS
    created = create_topics(access, wanted, partitions)
    table = Table("topic", "partitions", "messages", "", title=f"topics at {access}")
    for topic in describe_topics(access, wanted):
        note = "created" if topic.name in created else ""
        table.add_row(topic.name, str(len(topic.end)), f"{topic.messages:,}", note)
    Console().print(table)


def _of_file(kind: SourceKind):  # type: ignore[no-untyped-def] # typer reads the signature of what is returned
    def command(
        file: File,
        speed: Speed = "max",
        from_: From = None,
        to: To = None,
        limit: Limit = None,
        shift_to_now: ShiftToNow = False,
        as_json: AsJson = False,
        broken: Broken = 0.0,
        topic: TopicName = "",
        kafka: Kafka = "",
    ) -> None:
        _replay(kind.open(file), speed, from_, to, limit, shift_to_now, (as_json, broken), topic, kafka)

    return command


def _of_package(kind: SourceKind):  # type: ignore[no-untyped-def]
    def command(
        speed: Speed = "max",
        from_: From = None,
        to: To = None,
        limit: Limit = None,
        shift_to_now: ShiftToNow = False,
        as_json: AsJson = False,
        broken: Broken = 0.0,
        topic: TopicName = "",
        kafka: Kafka = "",
    ) -> None:
        _replay(kind.open(), speed, from_, to, limit, shift_to_now, (as_json, broken), topic, kafka)

    return command


def _replay(
    source: Source,
    speed: str,
    from_: str | None,
    to: str | None,
    limit: int | None,
    shift_to_now: bool,
    json: tuple[bool, float],
    topic: str,
    kafka: str,
) -> None:
    """Replay with a progress bar; Ctrl-C ends it with exit code 130.

    json : whether to send JSON, and the share of broken messages.
    """
    from tidemark.replay.display import Display, stopped_by_ctrl_c, summary
    from tidemark.replay.messages import Avro, Json
    from tidemark.replay.pacing import parse_speed
    from tidemark.replay.run import replay
    from tidemark.replay.selection import select

    as_json, broken = json
    if broken and not as_json:
        raise UserError("--broken goes with --json: the gate refuses what is broken, other jobs cannot")
    messages = Json(broken) if as_json else Avro()
    topic = topic or messages.topic(source)
    with stopped_by_ctrl_c() as stop, Display(Console(stderr=True)) as display:
        replayed = replay(
            source,
            Settings().kafka_access(kafka),
            topic=topic,
            messages=messages,
            selection=select(from_, to, limit),
            speed=parse_speed(speed),
            shift_to_now=shift_to_now,
            on_progress=display.show,
            on_bad_row=display.bad_row,
            stop=stop,
        )
    Console(soft_wrap=True).print(summary(replayed, topic), highlight=False)
    if replayed.interrupted:
        raise typer.Exit(130)
