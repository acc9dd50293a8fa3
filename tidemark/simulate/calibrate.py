"""Measure the world's parameters: `python -m tidemark.simulate.calibrate [--taobao FILE] [--match]`.

Prints what `parameters.py` cites. Without `--match` some ten seconds; with it some minutes: the spreads are
sought at which a simulated year of the same households shows the bits that QUALITY's protocol found in
Complete Journey.
"""

import argparse
from collections import Counter
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import curve_fit

from operators.maths.segments.update_segments import SegmentSettings
from tidemark.evaluate.baskets import DAY_MS, START_MS, Baskets, complete_journey, demographics
from tidemark.replay.complete_journey import data_folder, read_purchases
from tidemark.replay.source import Selection
from tidemark.replay.taobao import Taobao
from tidemark.simulate.measures import LAGS_DAYS, Bits, bits, own_bits, similarity_by_lag
from tidemark.simulate.parameters import AGE_BY_INCOME, Parameters
from tidemark.simulate.world import START_MS as WORLD_START_MS
from tidemark.simulate.world import World

K8, K24, DEMOGRAPHICS = 0.074, 0.090, 0.042
"""Bits of Complete Journey that the world is to show: k-means, and age × income, frozen at mid-year."""

FACTORS = (2, 3, 4)
MATCHED = ("touches", "spread", "own_spread", "demographics")
ROUNDS, SETTLING, SEEDS = 8, 3, (11, 12)
"""Of the search, and how many of its rounds only settle."""

SETTINGS = SegmentSettings()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--taobao", type=Path, help="UserBehavior.csv, whole or cut")
    arguments.add_argument("--match", action="store_true", help="also seek the spreads")
    given = arguments.parse_args()
    baskets = complete_journey(with_demographics=True)
    found = {**of_complete_journey(baskets), **drift(baskets)}
    for name, value in found.items():
        print(f"{name:20} {value}")
    print("age by income", joint_demographics())
    if given.taobao:
        print(f"{'behavior_mix':20} {behavior_mix(given.taobao)}")
    if given.match:
        own = own_bits(baskets)
        print(f"{'own bits':20} {own}")
        print(match(own, found["categories_a_visit"]))


def of_complete_journey(baskets: Baskets) -> dict[str, float]:
    """Visits, categories and stock."""
    size = np.bincount(baskets.basket)
    visitor = np.zeros(len(size), dtype=np.int64)
    visitor[baskets.basket] = baskets.visitor
    visits = np.bincount(visitor)
    popularity = np.bincount(baskets.category)
    return {
        "visits_a_week": visits.mean() / (baskets.days / 7),
        "visits_cv2": visits.var() / visits.mean() ** 2,
        "categories_a_visit": size.mean(),
        "categories": len(baskets.names),
        "popularity_spread": np.log(popularity[popularity > 0]).std(),
        "stock_spread": stock_spread(),
    }


def stock_spread(stores: int = 30, least: float = 50.0) -> float:
    """Standard deviation of log(share at a store / share everywhere), less what chance adds.

    Of the largest `stores`, the categories of which at least `least` purchases are expected there.
    """
    rows = read_purchases(data_folder())
    table: Any = rows.groupby(["store_id", "category"]).size().unstack(fill_value=0).to_numpy(np.float64)
    table = table[np.argsort(-table.sum(axis=1))[:stores]]
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    known = expected >= least
    log_ratio = np.log((table[known] + 0.5) / (expected[known] + 0.5))
    return float(np.sqrt(log_ratio.var() - (1 / expected[known]).mean()))


def drift(baskets: Baskets) -> dict[str, float]:
    """Shares of tastes that last, drift and pass, by a fit to `similarity_by_lag`."""
    found = np.mean([similarity_by_lag(baskets, seed) for seed in range(4)], axis=0)
    middle = (LAGS_DAYS[:-1] + LAGS_DAYS[1:]) / 2
    (lasting, drifting, days), _ = curve_fit(
        lambda lag, a, b, h: a + b * np.exp2(-lag / h), middle[1:], found[1:], (found[-1], 0.1, 90.0)
    )
    whole = max(found[0], lasting + drifting)
    return {
        "lasting": lasting / whole,
        "drifting": drifting / whole,
        "drift_days": days,
        "passing": 1 - (lasting + drifting) / whole,
    }


def joint_demographics() -> list[list[int]]:
    """Households by age and income, both in ascending order."""
    import pandas

    told = demographics()
    lowest = told["income"].str.extract(r"(\d+)")[0].astype(int) - told["income"].str.startswith("Under")
    joint: list[list[int]] = pandas.crosstab(told["age"], lowest).to_numpy().tolist()
    return joint


def behavior_mix(file: Path) -> dict[str, float]:
    events = (event for _, event in Taobao(file).rows(Selection()) if isinstance(event, dict))
    mix = Counter(event["behavior"] for event in events)
    return {name: round(count / sum(mix.values()), 4) for name, count in mix.most_common()}


def simulated_year(parameters: Parameters, seed: int) -> tuple[Baskets, World]:
    """A year of Complete Journey's households in one simulated shop."""
    visitors = int(np.sum(AGE_BY_INCOME))
    world = World(replace(parameters, visitors=visitors, days=365, industries=1, shops=1), seed)
    visitor, basket, category, at_ms, baskets = [], [], [], [], 0
    for arrivals in world.batches(DAY_MS // 4):
        pairs = np.unique(arrivals.row * parameters.categories + arrivals.category)
        row = pairs // parameters.categories
        visitor.append(arrivals.visitor[row])
        basket.append(baskets + row)
        category.append(pairs % parameters.categories)
        at_ms.append(arrivals.at_ms[row] - WORLD_START_MS + START_MS)
        baskets += len(arrivals)
    names = [f"category {c}" for c in range(parameters.categories)]
    households = [f"household {v}" for v in range(visitors)]
    columns = [np.concatenate(column) for column in (visitor, basket, category, at_ms)]
    return Baskets(columns[0], columns[1], columns[2], columns[3], names, households), world


def year_bits(parameters: Parameters) -> tuple[Bits, float]:
    """What simulated years show, mean over seeds: bits, and distinct categories a visit."""
    found, sizes = [], []
    for seed in SEEDS:
        baskets, world = simulated_year(parameters, seed)
        cells = np.unique(world.demographics.cells, return_inverse=True)[1]
        found.append(astuple(bits(baskets, cells, SETTINGS.half_lives.long_ms, SETTINGS.smoothing)))
        sizes.append(len(baskets.basket) / (baskets.basket[-1] + 1))
    return Bits(*np.mean(found, axis=0)), float(np.mean(sizes))


def match(own: float, size: float) -> Parameters:
    """The number of factors whose bits of k = 24 over those of k = 8 are nearest to Complete Journey's.

    Bits grow with the square of a spread: each is corrected by the root of what is missing, in turn. What
    years of few seeds show scatters, so the last rounds' mean is what counts.
    own : bits of own preferences. size : distinct categories a visit.
    """
    found = {factors: _rounds(factors, own, size) for factors in FACTORS}
    for factors, (ratio, _) in found.items():
        print(f"{factors} factors: k = 24 gains {ratio:.3f} times the bits of k = 8")
    return min(found.values(), key=lambda ratio_and_parameters: abs(ratio_and_parameters[0] - K24 / K8))[1]


def _rounds(factors: int, own: float, size: float) -> tuple[float, Parameters]:
    """(bits of k = 24 over those of k = 8, matched parameters), means of the last rounds."""
    p, ratios, matched = replace(Parameters(), factors=factors), [], []
    for _ in range(ROUNDS):
        shown, categories = year_bits(p)
        p = replace(
            p,
            touches=p.touches * size / categories,
            spread=p.spread * (K8 / shown.k8) ** 0.5,
            own_spread=p.own_spread * (own / shown.own) ** 0.5,
            demographics=min(p.demographics * DEMOGRAPHICS / max(shown.demographics, 0.01), p.lasting),
        )
        print(f"{shown}, {categories:.2f} categories a visit; next {[getattr(p, name) for name in MATCHED]}")
        ratios.append(shown.k24 / shown.k8)
        matched.append([getattr(p, name) for name in MATCHED])
    mean = np.mean(matched[SETTLING:], axis=0)
    return float(np.mean(ratios[SETTLING:])), replace(p, **dict(zip(MATCHED, mean.tolist(), strict=True)))


if __name__ == "__main__":
    main()
