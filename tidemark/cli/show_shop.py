"""`tidemark show shop`: a shop's segments as a merchandiser reads them."""

import json
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table

from tidemark.cli.layouts_table import layouts_table
from tidemark.errors import UserError


def shop(
    shop_id: Annotated[str, typer.Argument(metavar="ID", help="The shop, as in the events.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs, not for people.")] = False,
    redis: Annotated[str, typer.Option(help="URL of Redis. Default: the local stack's.")] = "",
    namespace: Annotated[str, typer.Option(help="First part of the keys. Default: tm.")] = "",
    generation: Annotated[int, typer.Option(min=1, help="Of the segments.")] = 1,
) -> None:
    """Show a shop's segments: how many visitors each has, where it is going, what it is after, and sees.

    `over-indexes on` are the categories that set a segment apart: share of its counts, and how many times the
    share in the whole shop that is.
    """
    from schemas.segments import read_json, shop_profile_key
    from sink_connectors.redis_connection import RedisConnection
    from sink_connectors.redis_errors import explained
    from tidemark.layouts import LayoutReader
    from tidemark.settings import Settings

    settings = Settings()
    address = settings.redis_address(redis)
    connection = RedisConnection(address, 3)
    try:
        key = shop_profile_key(namespace or settings.namespace, generation, shop_id)
        text = connection.ask(["GET", key])
        policy = LayoutReader(connection, namespace or settings.namespace).policy(shop_id)
    except ConnectionError as error:
        raise UserError(str(error)) from error
    except (RedisError, OSError) as error:
        raise UserError(explained(error, address)) from error
    finally:
        connection.close()
    if text is None:
        raise UserError(
            f"no segments of shop {shop_id!r} in Redis at {address}: has the job visitor_segments seen it?"
        )
    if as_json:
        shown = {"layouts": policy and asdict(policy)}
        print(json.dumps(read_json(text) | shown, indent=2, ensure_ascii=False))
    else:
        _print(shop_id, read_json(text))
        if policy and policy.layouts:
            Console(markup=False, emoji=False).print(layouts_table(policy))


def _print(shop_id: str, said: dict[str, Any]) -> None:
    at = datetime.fromtimestamp(said["at_ms"] / 1000, UTC)
    table = Table(
        title=f"Shop {shop_id}: {said['visits']:,} visits until {at:%Y-%m-%d %H:%M} UTC", title_justify="left"
    )
    table.add_column("segment", justify="right")
    table.add_column("name")
    for name in ("visitors", "share", "trend", "conversion"):
        table.add_column(name, justify="right")
    table.add_column("over-indexes on")
    for of in said["segments"]:
        table.add_row(
            str(of["segment"]),
            of["name"],
            f"{of['visitors']:,.0f}",
            f"{of['share']:.1%}",
            f"{of['trend']:+.0%}",
            f"{of['conversion']:.1%}",
            "\n".join(_words(*why) for why in of["why"]),
        )
    Console(markup=False, emoji=False).print(table)


def _words(category: str, _: float, share: float, of_shop: float) -> str:
    times = f" ({share / of_shop:.1f} ×)" if of_shop else ""
    return f"{category} {share:.1%}{times}"
