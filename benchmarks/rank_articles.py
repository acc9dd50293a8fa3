"""What `rank_articles` costs a storefront: Python and the round trip, for 100 candidates of 10 000 articles.

    .venv/bin/python -m benchmarks.rank_articles [redis://localhost:6379]

Writes into the namespace `bench-articles` of that Redis, for ten minutes.
"""

import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.click_features import SERVED, places
from operators.maths.articles.served_articles import unseen
from schemas.article_readers import RECENT, ReaderAxes, RecentArticles, readers_key, recent_key
from schemas.article_scores import MODEL, SharedModel, article_key, shared_key
from schemas.article_terms import LEVELS, TERMS, WIDTH
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_server import Command, raised
from tidemark import Tidemark
from tidemark.articles import ArticleRanking

NAMESPACE, KEPT_S = "bench-articles", 600
ARTICLES, CANDIDATES, RECENTS, BUCKETS = 10_000, 100, 50, 65_536
CALLS = 500
NOW = round(time.time() * 1000)
SETTINGS = ArticleSettings()


def fill(connection: RedisConnection) -> None:
    """Ten thousand articles, one visitor, what all share, and a fit that has seen every article."""
    D, half_lives = SETTINGS.dimensions, SETTINGS.half_lives_ms
    dice = np.random.default_rng(1)
    d = max(place.stop for place in places(SERVED, len(half_lives)).values())
    shared = SharedModel(NOW, 1, dice.normal(0, 0.2, d), 0.01 * np.eye(d), 0.05, half_lives, D, 0.5)
    terms_of = dice.integers(1, TERMS, (1, LEVELS, WIDTH)).astype(np.uint16)
    [packed] = replace(unseen(1, len(half_lives), D, 0.5), terms=terms_of).pack()
    bucket = np.sort(dice.choice(BUCKETS, 10_000, replace=False)).astype(np.uint32)
    idf, places_of, centre = (
        dice.normal(size=shape).astype(np.float32) ** 2 for shape in (10_000, (10_000, D), D)
    )
    terms = dice.integers(1, TERMS, (10_000, LEVELS, WIDTH)).astype(np.uint16)
    share, strength = np.full(TERMS, 1e-3, np.float32), np.full(LEVELS, 5.0, np.float32)
    axes = ReaderAxes(NOW, 1, BUCKETS, bucket, idf, places_of, centre, terms, share, strength)
    clicked = RecentArticles(NOW, NOW, tuple(f"N{i}" for i in range(RECENTS)))
    hashes = {article_key(NAMESPACE, 1, f"N{i}"): {MODEL: packed} for i in range(ARTICLES)}
    hashes[shared_key(NAMESPACE, 1)] = shared.fields()
    hashes[readers_key(NAMESPACE, 1)] = axes.fields()
    hashes[recent_key(NAMESPACE, 1, "ann")] = {RECENT.encode(): clicked.to_json().encode()}
    commands: list[Command] = []
    for key, fields in hashes.items():
        commands.append(["HSET", key, *(part for field in fields.items() for part in field)])
        commands.append(["EXPIRE", key, KEPT_S])
    raised(connection.exchange(commands))


def rank(client: Tidemark, explore: bool) -> ArticleRanking:
    return client.rank_articles("ann", [f"N{i}" for i in random.sample(range(ARTICLES), CANDIDATES)], explore)


def measured(call: Callable[[], object]) -> str:
    """Medians and 99th percentiles over `CALLS`: Python's own time, and all of it."""
    python, wall = [], []
    for _ in range(CALLS):
        began, began_python = time.perf_counter(), time.process_time()
        call()
        wall.append(1e3 * (time.perf_counter() - began))
        python.append(1e3 * (time.process_time() - began_python))
    spans = [np.percentile(spans, [50, 99]) for spans in (python, wall)]
    return " | ".join(f"{median:.2f} ms (99 %: {most:.2f})" for median, most in spans)


def main() -> None:
    address = RedisAddress.of(sys.argv[1] if len(sys.argv) > 1 else "redis://localhost:6379")
    fill(RedisConnection(address))
    client = Tidemark(address, timeout_s=2, namespace=NAMESPACE)
    print("| | Python | with the round trip |\n|---|---|---|")
    for explore, what in ((True, "Thompson sampling, propensities"), (False, "by mean")):
        found = rank(client, explore)
        if found.source != "model" or not all(ranked.known for ranked in found.articles):
            sys.exit(f"not ranked: {found.reason}")
        print(f"| {what} | {measured(partial(rank, client, explore))} |")


if __name__ == "__main__":
    main()
