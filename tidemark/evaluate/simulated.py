"""`tidemark evaluate simulated`: conversions of a simulated world under the product, baselines and an oracle.

All subjects of a seed serve the same visits, side by side.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from sklearn.cluster import KMeans

from operators.maths.layouts.layout_bandit import BanditSettings
from operators.maths.layouts.linear_bandit import LinearSettings
from operators.maths.segments.refit_segments import RefitSettings
from tidemark.evaluate.results import Row
from tidemark.evaluate.shops import SEEDS
from tidemark.simulate.loop import Result, run
from tidemark.simulate.parameters import MIDDLE, Parameters
from tidemark.simulate.product import KnownShops, Product, ProductSettings
from tidemark.simulate.static_segments import StaticSegments
from tidemark.simulate.storefront import Storefront
from tidemark.simulate.tastes import DAY_MS
from tidemark.simulate.told_features import Told, ToldFeatures, one_hot
from tidemark.simulate.truth import Chance
from tidemark.simulate.world import World

DATA = "simulated"
SPAN_MS = 21_600_000
"""Event time of a batch: 250 ms of a stream that runs 86 400 times as fast as the world."""

GOALS = {"conversion_uplift": ("≥", 0.10), "regret": ("≤", 0.05)}
SETTINGS = ProductSettings(
    refits=RefitSettings(every=1.5, restarts=2, rounds=2, improved=2), bandit=BanditSettings(draws=512)
)
"""The job's, but with refits that are rarer and briefer, and fewer draws: minutes instead of an hour."""

EVALUATED = Parameters()

Tick = Callable[[], object]


@dataclass(frozen=True)
class Subject:
    """One line of the table; `open` gives its storefront for a world."""

    name: str
    open: Callable[[World], Storefront]


def product(name: str = "tidemark", settings: ProductSettings = SETTINGS) -> Subject:
    def opened(world: World) -> Storefront:
        shops = KnownShops(world.shops.industry, world.shops.sales, world.parameters.layouts)
        return Product(shops, world.parameters.visitors, settings, world.seed)

    return Subject(name, opened)


def static(name: str, segment: Callable[[World], np.ndarray]) -> Subject:  # type: ignore[type-arg]
    """segment : of each visitor of a world, for good."""

    def opened(world: World) -> Storefront:
        p = world.parameters
        return StaticSegments(segment(world), p.shops, p.layouts, SETTINGS.bandit, world.seed)

    return Subject(name, opened)


def linear(name: str, told: Callable[[World], Told]) -> Subject:
    """The product's linear bandit; told : of a world, what features a visitor has."""

    def opened(world: World) -> Storefront:
        p, of = world.parameters, told(world)
        width = of(np.zeros(1, dtype=np.int64)).shape[1]
        return ToldFeatures(of, width, p, SETTINGS.bandit, LinearSettings(), world.seed)

    return Subject(name, opened)


def of_true_tastes(world: World) -> np.ndarray:  # type: ignore[type-arg]
    """(V,) by k-means of what visitors are after as the world begins."""
    everybody = np.arange(world.parameters.visitors)
    return np.asarray(
        KMeans(12, n_init=2, random_state=0).fit_predict(world.tastes.latest(everybody)), np.int64
    )


STATIC = [
    static("no segments", lambda world: np.zeros(world.parameters.visitors, dtype=np.int64)),
    static("age", lambda world: world.demographics.age),
    static("income", lambda world: world.demographics.income),
    static("age × income", lambda world: world.demographics.cells),
    linear("age × income, linear bandit", lambda world: one_hot(world.demographics.cells).__getitem__),
    linear(
        "age and income, linear bandit",
        lambda world: one_hot(world.demographics.age, world.demographics.income).__getitem__,
    ),
]
"""Demographics as segments, and as features of the bandit that the product chooses by."""
CHANCE = Subject("layouts by chance", lambda world: Chance(world.parameters.layouts, world.seed))

OTHERWISE = [
    product("by segments alone", replace(SETTINGS, linear=None)),
    product("with industry weights", replace(SETTINGS, industry_gamma=10.0)),
    product("with three horizons alike", replace(SETTINGS, horizon_weights=(1.0, 1.0, 1.0))),
    product("with a shop's prior", replace(SETTINGS, prior=500.0)),
    linear("told the tastes", lambda world: world.tastes.latest),
    static("told the tastes, twelve segments", of_true_tastes),
]
"""The product with one ingredient more, less, or other; and how far its bandits get when they know tastes."""


def measured(
    parameters: Parameters,
    together: Sequence[Subject],
    alone: Sequence[Subject],
    seeds: Sequence[int],
    tick: Tick,
) -> dict[str, list[Result]]:
    """By subject, a result for each seed.

    together : served side by side, each with its own luck. alone : with the luck of the first of these, so
    that little differs but the subject.
    """
    found: dict[str, list[Result]] = {subject.name: [] for subject in [*together, *alone]}
    for seed in seeds:
        for subjects in [together, *([subject] for subject in alone)]:
            world = World(parameters, seed)
            results = run(world, [subject.open(world) for subject in subjects], SPAN_MS, tick)
            for subject, result in zip(subjects, results, strict=True):
                found[subject.name].append(result)
    return found


def best_static(found: dict[str, list[Result]]) -> str:
    """The static segments with the highest rate, mean over the seeds."""
    return max((s.name for s in STATIC if s.name in found), key=lambda name: _rates(found[name]).mean())


def rows(found: dict[str, list[Result]], against: str, data: str) -> list[Row]:
    """Uplift over the subject `against`, seed by seed, and regret."""
    beaten, out = _rates(found[against]), []
    for name, results in found.items():
        out.append(Row.over("conversion_uplift", data, name, _rates(results) / beaten - 1))
        out.append(Row.over("regret", data, name, [result.regret for result in results]))
        out.append(Row.over("regret_of_bandit", data, name, [result.regret_of_bandit for result in results]))
    return out


def _rates(results: Sequence[Result]) -> np.ndarray:  # type: ignore[type-arg]
    return np.array([result.rate for result in results])


def at_effect(parameters: Parameters, effect: float, ablations: bool, tick: Tick) -> tuple[list[Row], str]:
    """(rows of all subjects, the static segments that convert best) where layouts have this effect."""
    alone = OTHERWISE if ablations else []
    found = measured(replace(parameters, effect=effect), [product(), *STATIC, CHANCE], alone, SEEDS, tick)
    best = best_static(found)
    return rows(found, best, DATA if effect == MIDDLE else f"{DATA}, effect {effect:g}"), best


def batches(parameters: Parameters, ablations: bool) -> int:
    """Calls of `tick` for one effect."""
    return (1 + ablations * len(OTHERWISE)) * len(SEEDS) * parameters.days * DAY_MS // SPAN_MS
