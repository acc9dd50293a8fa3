"""How many outcomes a second one worker folds into layouts: a hot shop, and ten thousand small ones.

    .venv/bin/python -m benchmarks.layouts

Through the bytes of keyed state, as `UpdateLayouts` does it, to the text that its sink takes; without Flink.
"""

import random
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from flink_jobs.layouts_config import LayoutsConfig
from operators.layouts.absorb_affinities import absorb_affinities, linear_policies
from operators.layouts.absorb_outcomes import absorb_outcomes, shop_policy
from operators.layouts.outcome_rows import OutcomeRows
from operators.maths.layouts.linear_bandit import sums_width
from state.layout_arms import ShopLayouts
from state.layout_moments import ShopMoments

SEGMENTS, LAYOUTS, SHARDS = 8, ("grid", "list", "magazine"), 64
AFFINITIES = 12
CONFIG = LayoutsConfig()

Row = tuple[str, str, str, int, float, float, float, int, tuple[float, ...]]


def outcomes(shops: int, rows: int, dice: random.Random) -> Sequence[Row]:
    """One in twenty is a conversion."""
    converted = [1.0 if dice.random() < 0.05 else 0.0 for _ in range(rows)]
    return [
        (
            f"shop {dice.randrange(shops)}",
            str(dice.randrange(SEGMENTS)),
            dice.choice(LAYOUTS),
            dice.randrange(10**6),
            1.0 - won,
            won,
            9.99 * won,
            int(won),
            tuple(dice.gauss(0, 1) for _ in range(AFFINITIES)),
        )
        for won in converted
    ]


def fold(
    state: dict[str, tuple[bytes, bytes]],
    rows: Sequence[Row],
    offers: Mapping[str, tuple[int, tuple[str, ...]]],
) -> None:
    """One call of Python."""
    names = dict.fromkeys([*(row[0] for row in rows), *offers])
    nothing = ShopLayouts.empty().to_bytes(), ShopMoments.empty(sums_width(AFFINITIES)).to_bytes()
    shops = {name: ShopLayouts.from_bytes(state.get(name, nothing)[0]) for name in names}
    known = {name: ShopMoments.from_bytes(state.get(name, nothing)[1]) for name in names}
    outcomes = OutcomeRows(*zip(*rows, strict=True))
    after = absorb_outcomes(shops, outcomes, offers, CONFIG.bandit, CONFIG.by_revenue)
    moments = absorb_affinities(known, outcomes, CONFIG.linear)
    offered = {name: shop.offered for name, shop in after.items()}
    linear = linear_policies(moments, offered, CONFIG.by_revenue, CONFIG.linear)
    for name, shop in after.items():
        state[name] = shop.to_bytes(), moments[name].to_bytes()
        policy = shop_policy(name, shop, CONFIG.bandit, CONFIG.by_revenue)
        replace(policy, linear=linear.get(name)).to_json()


def rate(shops: int, rows: int) -> float:
    """Outcomes a second, once every segment of every shop is known."""
    dice, state = random.Random(1), dict[str, tuple[bytes, bytes]]()
    leaning = (1.0,) * AFFINITIES
    known = [
        (f"shop {s}", str(k), LAYOUTS[0], 0, 1.0, 0.0, 0.0, 0, leaning)
        for s in range(shops)
        for k in range(SEGMENTS)
    ]
    offers = {f"shop {s}": (1, LAYOUTS) for s in range(shops)}
    fold(state, known, offers)
    by_shard: dict[int, list[Row]] = defaultdict(list)
    for row in outcomes(shops, rows, dice):
        by_shard[int(row[0].split()[1]) % SHARDS].append(row)
    started_s = time.perf_counter()
    for batch in by_shard.values():
        fold(state, batch, {})
    return rows / (time.perf_counter() - started_s)


if __name__ == "__main__":
    for shops, rows in ((1, 20_000), (10_000, 10_000)):
        print(f"{shops:6,} shops, {rows:,} outcomes: {rate(shops, rows):9,.0f} a second")
