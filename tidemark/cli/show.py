"""`tidemark show`: what Redis holds, as tables."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from schemas.preferences import MIX
from tidemark.cli.show_article import article
from tidemark.cli.show_shop import shop
from tidemark.errors import UserError

if TYPE_CHECKING:
    from schemas.preferences import PreferenceSchema
    from tidemark.client import Tidemark
    from tidemark.preferences import Preferences

ALL = 2**31
FADED = 0.005  # a weight that the table shows as 0.00

show = typer.Typer(name="show", help="Show what Redis holds.", no_args_is_help=True)
show.command()(shop)
show.command()(article)


def add_to(app: typer.Typer) -> None:
    app.add_typer(show)


@show.callback()
def _family() -> None:
    """Show what Redis holds."""


@show.command()
def visitor(
    visitor_id: Annotated[str, typer.Argument(metavar="ID", help="The visitor, as in the events.")],
    at: Annotated[
        str, typer.Option(help="As of when: now, latest (the visitor's latest event) or 2017-12-31T12:00Z.")
    ] = "now",
    top: Annotated[int, typer.Option(min=1, help="Values a facet.")] = 10,
    horizon: Annotated[str, typer.Option(help="Only this horizon. Default: all, ordered by their mix.")] = "",
    facet: Annotated[str, typer.Option(help="Only this facet. Default: all.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs, not for people.")] = False,
    redis: Annotated[str, typer.Option(help="URL of Redis. Default: the local stack's.")] = "",
    namespace: Annotated[str, typer.Option(help="First part of the keys. Default: tm.")] = "",
    generation: Annotated[
        int | None, typer.Option(min=1, help="Of the preferences. Default: the one that is served.")
    ] = None,
) -> None:
    """Show what a visitor prefers: decayed weight and expected share of each value, per facet and horizon.

    Old data fades: a year after a visitor's last event little is left of it now. To see it as it stood then:

        tidemark show visitor 1228 --at latest
    """
    from tidemark.client import Tidemark
    from tidemark.settings import Settings

    settings = Settings()
    address = settings.redis_address(redis)
    try:
        client = Tidemark(address, 3, generation, namespace or settings.namespace)
        schema = client.schema()
        answers = _answers(client, schema, visitor_id, facet, horizon, at)
    except ConnectionError as error:
        raise UserError(str(error)) from error
    except LookupError as error:
        raise UserError(f"{error} at {address}: has the job visitor_preferences run?") from error
    except ValueError as error:
        raise UserError(str(error)) from error
    client.close()
    if as_json:
        print(json.dumps([_json(answer, top) for per_facet in answers for answer in per_facet], indent=2))
    else:
        _print(visitor_id, answers, top)


def _answers(
    client: "Tidemark", schema: "PreferenceSchema", visitor_id: str, facet: str, horizon: str, at: str
) -> list[list["Preferences"]]:
    """Per facet one answer a horizon, with all values, and one of their mix where it was learned."""
    facets = [facet] if facet else [name for name, _ in schema.facets]
    horizons = [horizon] if horizon else [*(h.name for h in schema.horizons), MIX]
    moment: datetime | int | None = _moment(at)
    if at == "latest":
        moment = client.preferences(visitor_id, facets[0], horizons[0], top=1).latest_event
    answers = [[client.preferences(visitor_id, f, h, moment, ALL) for h in horizons] for f in facets]
    if not horizon:
        answers = [a if a[-1].horizon == MIX else a[:-1] for a in answers]
    for answer in (a for per_facet in answers for a in per_facet):
        if answer.source == "unavailable":
            raise ConnectionError(answer.reason)
    return answers


def _moment(at: str) -> datetime | None:
    if at in ("now", "latest"):
        return None
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        raise UserError(f"--at {at}: must be now, latest, or a time such as 2017-12-31T12:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _print(visitor_id: str, answers: list[list["Preferences"]], top: int) -> None:
    console = Console()
    first = answers[0][0]
    if first.latest_event is None:
        console.print(f"Visitor {visitor_id} is unknown. What everybody prefers:", markup=False)
    else:
        times = f"latest event {_time(first.latest_event)}; weights as of {_time(first.at)}"
        console.print(f"Visitor {visitor_id}, {times}", markup=False)
    for per_facet in answers:
        console.print(_table(per_facet, top))
    prior_at = "there is none yet" if first.prior_at is None else f"as of {_time(first.prior_at)}"
    console.print(f"Prior: {prior_at}.", style="dim")
    if first.latest_event is not None and all(a.total < FADED for answer in answers for a in answer):
        console.print(
            f"All of it has faded. As it stood then: tidemark show visitor {visitor_id} --at latest"
        )


def _table(answers: list["Preferences"], top: int) -> Table:
    """One facet: a row a value, two columns a horizon, the mix's share; the order is that of the last."""
    source = "" if answers[0].known else " (everybody's)"
    table = Table(title=f"{answers[0].facet}{source}", title_justify="left", title_style="bold")
    table.add_column("value")
    for answer in answers:
        if answer.horizon != MIX:
            table.add_column(f"{answer.horizon}\nweight", justify="right")
        table.add_column(f"{MIX}\nshare" if answer.horizon == MIX else "\nshare", justify="right")
    by_value = [{item.value: item for item in answer.items} for answer in answers]
    for value in [item.value for item in answers[-1].items][:top]:
        cells = [value or "(empty)"]
        for answer, items in zip(answers, by_value, strict=True):
            item = items.get(value)
            shown = [f"{item.weight:.2f}", f"{item.share:.1%}"] if item else ["", ""]
            cells += shown[1:] if answer.horizon == MIX else shown
        table.add_row(*cells)
    return table


def _json(answer: "Preferences", top: int) -> dict[str, object]:
    return {**asdict(answer), "items": [asdict(item) for item in answer.items[:top]]}


def _time(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
