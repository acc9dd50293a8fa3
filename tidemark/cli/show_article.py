"""`tidemark show article`: what Redis holds on an article, as tables."""

import json
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table

from tidemark.errors import UserError

if TYPE_CHECKING:
    from schemas.article_features import ArticleFeatures
    from sink_connectors.redis_address import RedisAddress


def article(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="The article, as in the events.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs, not for people.")] = False,
    redis: Annotated[str, typer.Option(help="URL of Redis. Default: the local stack's.")] = "",
    namespace: Annotated[str, typer.Option(help="First part of the keys. Default: tm.")] = "",
    generation: Annotated[int, typer.Option(min=1, help="Of the descriptions.")] = 1,
) -> None:
    """Show what an article is about: its keywords and tags, with their probabilities.

    \b
    tidemark show article 4711
    """
    from tidemark.settings import Settings

    settings = Settings()
    features = _read(settings.redis_address(redis), namespace or settings.namespace, generation, article_id)
    if as_json:
        print(json.dumps(asdict(features), indent=2, ensure_ascii=False))
    else:
        _print(features)


def _read(address: "RedisAddress", namespace: str, generation: int, article_id: str) -> "ArticleFeatures":
    from schemas.article_features import ArticleFeatures, features_key
    from sink_connectors.redis_connection import RedisConnection
    from sink_connectors.redis_errors import explained

    with closing(RedisConnection(address, 3)) as connection:
        try:
            found = connection.ask(["GET", features_key(namespace, generation, article_id)])
        except (RedisError, OSError) as error:
            raise UserError(explained(error, address)) from error
    if found is None:
        raise UserError(
            f"article {article_id!r} is unknown at {address}: has the job article_keywords read it?",
            exit_code=1,
        )
    return ArticleFeatures.from_json(found)


def _print(features: "ArticleFeatures") -> None:
    console = Console()
    console.print(f"Article {features.article_id}, published {_time(features.published_ms)}", markup=False)
    table = Table("keyword", "probability")
    for keyword, score in features.keywords:
        table.add_row(keyword, f"{score:.1%}")
    console.print(table if features.keywords else "No keywords: the text has no words that could be one.")
    tags = Table("tag", "probability")
    for tag, score in features.tags:
        tags.add_row(tag, f"{score:.1%}")
    console.print(tags if features.tags else "No tags: no article has come with any yet.")


def _time(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
