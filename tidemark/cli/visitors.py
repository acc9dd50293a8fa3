"""`tidemark forget` and `tidemark export`: a visitor's right to be forgotten, and to know."""

import json
from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.console import Console

from tidemark.cli.connected import Namespace, Redis, connected
from tidemark.cli.progress import bars
from tidemark.errors import UserError
from tidemark.settings import Settings

Visitor = Annotated[str, typer.Argument(metavar="VISITOR", help="The visitor's id, as in the events.")]


def add_to(app: typer.Typer) -> None:
    for command in (forget, export):
        app.command()(command)


def forget(
    visitor: Visitor,
    until: Annotated[
        str, typer.Option(help="Forget what happened then or before: now, or 2026-05-31T12:00Z.")
    ] = "now",
    topic: Annotated[str, typer.Option(help="Of erasures. Default: erasures.")] = "",
    kafka: Annotated[
        str,
        typer.Option(help="Bootstrap servers, host:port. Default: TIDEMARK_KAFKA or the local stack."),
    ] = "",
) -> None:
    """Have a visitor forgotten by every job, for ever: nothing older is written again, not even by a replay.

    \b
    tidemark forget 1228
    tidemark export 1228                 # what is left, once the jobs have read it

    Who comes back starts from nothing. Doing it twice changes nothing. Topics still hold the visitor's events
    until their retention ends.
    """
    from tidemark.forget import forget as ask_to_forget

    until_ms = _milliseconds(until)
    sent_to = ask_to_forget(Settings().kafka_access(kafka), visitor, until_ms, topic)
    time = datetime.fromtimestamp(until_ms / 1000, UTC)
    Console(soft_wrap=True, highlight=False).print(
        f"Asked in topic {sent_to} to forget visitor {visitor} up to {time:%Y-%m-%d %H:%M:%S} UTC. The jobs"
        " do it as soon as they have read that; `tidemark export` shows what is left.",
        markup=False,
    )


def export(visitor: Visitor, redis: Redis = "", namespace: Namespace = "") -> None:
    """Print all that Redis holds on a visitor, as JSON; and until when they were forgotten, if they were.

    \b
    tidemark export 1228 > 1228.json

    Walks over all keys of Redis, so that none is overlooked: in a large one that takes minutes.
    """
    from tidemark.export import export as exported

    settings = Settings()
    with connected(redis) as client, bars() as bar:
        found = exported(
            client,
            namespace or settings.namespace,
            visitor,
            settings.erasure_key_file,
            lambda part: bar("looking", part),
        )
    print(json.dumps(found, indent=2, ensure_ascii=False))


def _milliseconds(until: str) -> int:
    now = datetime.now(UTC)
    if until == "now":
        return round(now.timestamp() * 1000)
    try:
        moment = datetime.fromisoformat(until)
    except ValueError:
        raise UserError(f"--until {until}: must be now, or a time such as 2026-05-31T12:00Z") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if moment > now:
        raise UserError(f"--until {until}: lies in the future; whoever comes back before would not be known")
    return round(moment.timestamp() * 1000)
