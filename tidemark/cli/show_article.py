"""`tidemark show article`: what Redis holds on an article, as tables."""

import json
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from redis.exceptions import RedisError
from rich.console import Console
from rich.table import Table

from tidemark.errors import UserError

if TYPE_CHECKING:
    from schemas.article_features import ArticleFeatures
    from sink_connectors.redis_address import RedisAddress
    from sink_connectors.redis_server import Command
    from tidemark.explained_article import ExplainedArticle

HOUR_MS = 3_600_000


def article(
    article_id: Annotated[str, typer.Argument(metavar="ID", help="The article, as in the events.")],
    as_json: Annotated[bool, typer.Option("--json", help="For programs, not for people.")] = False,
    redis: Annotated[str, typer.Option(help="URL of Redis. Default: the local stack's.")] = "",
    namespace: Annotated[str, typer.Option(help="First part of the keys. Default: tm.")] = "",
    generation: Annotated[int, typer.Option(min=1, help="Of descriptions and scores.")] = 1,
) -> None:
    """Show what an article is about, and how likely it is clicked: keywords, tags, score, and why.

    \b
    tidemark show article 4711
    """
    from tidemark.settings import Settings

    settings = Settings()
    said = _read(settings.redis_address(redis), namespace or settings.namespace, generation, article_id)
    if as_json:
        print(json.dumps(said.json(), indent=2, ensure_ascii=False))
    else:
        _print(article_id, said)


@dataclass(frozen=True)
class _Said:
    """What two jobs say of an article; one of them at least."""

    features: "ArticleFeatures | None"
    score: "ExplainedArticle | None"

    def json(self) -> dict[str, Any]:
        """Of what nobody has said: null."""
        about = asdict(self.features) if self.features else {}
        return about | {"score": asdict(self.score) if self.score else None}


def _read(address: "RedisAddress", namespace: str, generation: int, article_id: str) -> _Said:
    from schemas.article_features import ArticleFeatures, features_key
    from schemas.article_scores import SharedModel, article_key, shared_key
    from sink_connectors.redis_connection import RedisConnection
    from sink_connectors.redis_errors import explained as in_words
    from sink_connectors.redis_server import fields_of, raised
    from tidemark.explained_article import explained

    with closing(RedisConnection(address, 3)) as connection:
        asked: list[Command] = [
            ["GET", features_key(namespace, generation, article_id)],
            ["HGETALL", article_key(namespace, generation, article_id)],
            ["HGETALL", shared_key(namespace, generation)],
        ]
        try:
            features, model, shared = raised(connection.exchange(asked))
        except (RedisError, OSError) as error:
            raise UserError(in_words(error, address)) from error
    try:
        weighed = SharedModel.from_fields(fields_of(shared))
        said = _Said(
            ArticleFeatures.from_json(features) if features else None,
            explained(fields_of(model), weighed) if weighed else None,
        )
    except ValueError as error:
        raise UserError(f"article {article_id!r} at {address} is of another release: {error}") from error
    if said == _Said(None, None):
        raise UserError(
            f"article {article_id!r} is unknown at {address}: has the job article_keywords read it, "
            "or article_scores seen it shown?",
            exit_code=1,
        )
    return said


def _print(article_id: str, said: _Said) -> None:
    console = Console()
    if said.features:
        _print_features(console, said.features)
    else:
        console.print(f"Article {article_id}. Nothing is known of its text.", markup=False)
    if said.score:
        _print_score(console, said.score)
    else:
        console.print("No score: it was not shown yet, as far as the job article_scores knows.")


def _print_features(console: Console, features: "ArticleFeatures") -> None:
    console.print(f"Article {features.article_id}, published {_time(features.published_ms)}", markup=False)
    table = Table("keyword", "probability")
    for keyword, score in features.keywords:
        table.add_row(keyword, f"{score:.1%}")
    console.print(table if features.keywords else "No keywords: the text has no words that could be one.")
    tags = Table("tag", "probability")
    for tag, score in features.tags:
        tags.add_row(tag, f"{score:.1%}")
    console.print(tags if features.tags else "No tags: no article has come with any yet.")


def _print_score(console: Console, score: "ExplainedArticle") -> None:
    console.print(f"Clicked by {score.score:.2%} of readers (90 %: {score.low:.2%} to {score.high:.2%})")
    rate = "no outcome known yet" if score.rate is None else f"click rate {score.rate:.2%}"
    console.print(f"{score.impressions:.0f} impressions, {score.clicks:.0f} clicks, {rate}")
    age = "never shown" if score.first_ms is None else f"{(score.at_ms - score.first_ms) / HOUR_MS:.1f} h old"
    console.print(f"{age}, as of {_time(score.at_ms)}")
    table = Table("because of", "log-odds")
    for what, adds in score.because:
        table.add_row(what, f"{adds:+.2f}")
    console.print(table)
    console.print(f"Readers' tastes move it by up to {score.taste:.2f}.", style="dim")


def _time(epoch_ms: int) -> str:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M UTC")
