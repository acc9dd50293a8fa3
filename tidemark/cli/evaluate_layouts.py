"""`tidemark evaluate layouts`: what the policy in Redis, or one layout alone, would have earned."""

import json
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from tidemark.errors import UserError
from tidemark.settings import Settings

if TYPE_CHECKING:
    from flink_jobs.segments_config import SegmentsConfig
    from schemas.layouts import ShopPolicy
    from tidemark.evaluate.layout_log import LayoutLog
    from tidemark.evaluate.layouts import Estimates

NAMES = {
    "logged": "as it was logged",
    "ips": "inverse propensity (IPS)",
    "snips": "self-normalised (SNIPS)",
    "doubly_robust": "doubly robust",
}


def layouts(
    only: Annotated[
        str, typer.Option("--only", help="Judge this layout alone. Default: what Redis holds.")
    ] = "",
    shop: Annotated[str, typer.Option(help="Of this shop. Default: of all together.")] = "",
    file: Annotated[
        Path | None, typer.Option(help="JSON lines of exposures and behaviours. Default: Kafka's topics.")
    ] = None,
    since: Annotated[str, typer.Option(help="Exposures from this time on, such as 2026-05-31T12:00Z.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="For programs, not for people.")] = False,
    kafka: Annotated[str, typer.Option(help="Default: TIDEMARK_KAFKA or the local stack.")] = "",
    redis: Annotated[str, typer.Option(help="URL of Redis. Default: the local stack's.")] = "",
    namespace: Annotated[str, typer.Option(help="First part of the keys. Default: tm.")] = "",
) -> None:
    """Estimate what the policy in Redis would have earned, from exposures logged with their propensities.

    \b
    tidemark evaluate layouts --shop s1
    tidemark evaluate layouts --shop s1 --only grid
    tidemark evaluate layouts --file log.jsonl --since 2026-05-31T12:00Z

    What counts as a conversion is the job's (TIDEMARK_SEGMENTS_LAYOUTS). The policy in Redis has learned
    from the same exposures, which flatters it; --since leaves out older ones. Exit code 1: not enough data.
    """
    from flink_jobs.segments_config import SegmentsConfig
    from tidemark.checks import reading
    from tidemark.evaluate.layouts import evaluated, fixed

    with reading(SegmentsConfig):
        config = SegmentsConfig()
    log = _log(config, kafka, file, shop, since)
    policies: Mapping[str, ShopPolicy] | Mapping[str, float]
    policies = fixed(only) if only else _policies(set(log.shop), redis, namespace)
    found = evaluated(log, policies, config.layouts.by_revenue)
    if as_json:
        print(json.dumps({"exposures": len(log.shop), "enough": found.enough, **asdict(found)}, indent=2))
    else:
        _print(found, len(log.shop), only, config.layouts.reward)
    if not found.enough:
        raise typer.Exit(1)


def _log(config: "SegmentsConfig", kafka: str, file: Path | None, shop: str, since: str) -> "LayoutLog":
    from tidemark.evaluate.layout_log import events_of_lines, events_of_topic, labelled

    if file:
        exposures, behaviors = events_of_lines(file)
    else:
        access = Settings().kafka_access(kafka)
        exposures = list(events_of_topic(access, config.layouts.exposures_topic, "exposure"))
        behaviors = list(events_of_topic(access, config.topic, "behavior"))
    if shop:
        exposures = [event for event in exposures if event["shop_id"] == shop]
        behaviors = [event for event in behaviors if event["shop_id"] == shop]
    return labelled(exposures, behaviors, config.layouts.window_ms, _milliseconds(since))


def _policies(shops: set[str], redis: str, namespace: str) -> "dict[str, ShopPolicy]":
    from sink_connectors.redis_connection import RedisConnection
    from tidemark.layouts import LayoutReader

    settings = Settings()
    with closing(RedisConnection(settings.redis_address(redis), 3)) as connection:
        reader = LayoutReader(connection, namespace or settings.namespace)
        try:
            found = {shop: reader.policy(shop) for shop in shops}
        except ConnectionError as error:
            raise UserError(str(error)) from error
    return {shop: policy for shop, policy in found.items() if policy is not None and policy.layouts}


def _milliseconds(since: str) -> int:
    try:
        moment = datetime.fromisoformat(since) if since else datetime.fromtimestamp(0, UTC)
    except ValueError:
        raise UserError(f"--since {since}: must be a time such as 2026-05-31T12:00Z") from None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _print(found: "Estimates", exposures: int, only: str, reward: str) -> None:
    console = Console()
    policy = f"layout {only} alone" if only else "the policy in Redis"
    table = Table("", f"{reward} an exposure", "95 % interval", "", title_justify="left")
    table.title = f"{exposures:,} exposures; what {policy} would have earned"
    for name, label in NAMES.items():
        estimate = getattr(found, name)
        verdict = "" if estimate.enough else "not enough data"
        interval = f"{estimate.low:.4f} – {estimate.high:.4f}"
        table.add_row(label, f"{estimate.value:.4f}", interval, verdict)
    console.print(table)
    if not found.enough:
        console.print("Not enough data: too few exposures, or conversions, resemble what that would show.")
