"""`tidemark layouts`: what a shop chooses among."""

from typing import Annotated

import typer
from rich.console import Console

from tidemark.errors import UserError
from tidemark.settings import Settings


def add_to(app: typer.Typer) -> None:
    app.command()(layouts)


def layouts(
    shop: Annotated[str, typer.Argument(metavar="SHOP", help="The shop's id, as in the events.")],
    names: Annotated[
        list[str] | None, typer.Argument(metavar="LAYOUT…", help="All layouts that may be shown, 2 to 20.")
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="The shop has nothing to choose any more.")] = False,
    topic: Annotated[str, typer.Option(help="Of shops' layouts. Default: layouts.")] = "",
    kafka: Annotated[
        str, typer.Option(help="Bootstrap servers, host:port. Default: TIDEMARK_KAFKA or the local stack.")
    ] = "",
) -> None:
    """Say which layouts a shop chooses among from now on: a new one is explored, one left out disappears.

    \b
    tidemark layouts s1 grid list magazine
    tidemark layouts s1 --none
    """
    from tidemark.offer_layouts import offer_layouts

    if bool(names) == none:
        raise UserError("name the layouts that the shop chooses among, or say --none")
    sent_to = offer_layouts(Settings().kafka_access(kafka), shop, names or [], topic)
    said = f"chooses among {', '.join(names)}" if names else "has nothing to choose"
    Console(soft_wrap=True, highlight=False).print(
        f"Said in topic {sent_to}: shop {shop} {said} from now on.", markup=False
    )
