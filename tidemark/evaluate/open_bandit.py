"""`tidemark evaluate articles` on Open Bandit: what one policy's log says of another policy.

Two logs a campaign: one of a policy that chose uniformly, one of Bernoulli Thompson sampling (BTS). Each is
asked for the other's clicks an impression, which the other's own log tells, and the uniform one for a policy
that ranks items by their smoothed click rate so far. *Replay* counts the impressions where the policy would
have chosen the same (Li, Chu, Langford, Wang, WSDM 2011): self-normalised weights.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.stats import beta, norm

from operators.maths.arrays import Floats, Ints
from operators.maths.layouts.off_policy import Estimate, Logged, ips, snips
from tidemark.errors import UserError
from tidemark.evaluate.results import Row
from tidemark.replay.open_bandit import OpenBandit, Shown, package_folder

CAMPAIGNS = ("all", "men", "women")
UNIFORM, BTS = "random", "bts"
SMOOTHING = 2.0
"""Expected clicks that an item is taken to have had before its first."""

POWER, CERTAINTY = 0.8, 0.95


@dataclass(frozen=True)
class Log:
    """n impressions in time order, all (n,). item, position : indices."""

    item: Ints
    position: Ints
    clicked: Floats
    propensity: Floats

    @property
    def clicks(self) -> int:
        return int(self.clicked.sum())


def folder(named: Path | None) -> Path | None:
    """The one that is named, or the package's; None where there is none. UserError: the named one is none."""
    if named is not None and not (named / UNIFORM).is_dir():
        raise UserError(f"{named} is no Open Bandit folder: it has no folder {UNIFORM}")
    return named or package_folder()


@dataclass(frozen=True)
class Answer:
    """What one log said. metric : `ips`, `replay` or `observed`."""

    metric: str
    policy: str
    campaign: str
    found: Estimate

    def row(self) -> Row:
        numbers = (round(x, 6) for x in (self.found.value, self.found.low, self.found.high))
        return Row(self.metric, "open-bandit", f"{self.policy}, campaign {self.campaign}", *numbers)


def answers(logs: Path) -> list[Answer]:
    """IPS and replay of each policy from the other's log, beside what its own log observed."""
    given = []
    for campaign in CAMPAIGNS:
        uniform, bts = (read(logs / policy / campaign / f"{campaign}.csv") for policy in (UNIFORM, BTS))
        items = int(max(uniform.item.max(), bts.item.max())) + 1
        asked = {
            "uniform": Logged(bts.propensity, np.full(len(bts.item), 1 / items), bts.clicked),
            "BTS": Logged(uniform.propensity, shares(bts, uniform), uniform.clicked),
            "smoothed rate": Logged(uniform.propensity, best_so_far(uniform, items), uniform.clicked),
        }
        for policy, logged in asked.items():
            given.append(Answer("ips", policy, campaign, ips(logged)))
            given.append(Answer("replay", policy, campaign, snips(logged)))
        given += [Answer("observed", "uniform", campaign, observed(uniform))]
        given += [Answer("observed", "BTS", campaign, observed(bts))]
    return given


def read(file: Path) -> Log:
    """UserError: there is no such file, or a row is none."""
    source, found = OpenBandit(file), list[Shown]()
    for number, row in source.shown():
        if isinstance(row, str):
            raise UserError(f"{file}:{number}: {row}")
        found.append(row)
    return Log(
        np.array([int(row.item) for row in found]),
        np.array([row.position for row in found]),
        np.array([row.clicked for row in found], dtype=np.float64),
        np.array([row.propensity for row in found]),
    )


def shares(log: Log, wanted: Log) -> Floats:
    """(n,): the share of `log` in which an item stands at a position, for the rows of `wanted`.

    The mean policy of the time: BTS learns, so its propensities move, and are known for what it showed alone.
    """
    shape = max(log.item.max(), wanted.item.max()) + 1, max(log.position.max(), wanted.position.max()) + 1
    shown = np.zeros(shape)
    np.add.at(shown, (log.item, log.position), 1.0)
    return np.asarray((shown / np.maximum(shown.sum(axis=0), 1))[wanted.item, wanted.position])


def best_so_far(log: Log, items: int) -> Floats:
    """(n,): probability that the item shown is the one of greatest smoothed rate before; ties equally."""
    clicks, expected = np.zeros(items), np.zeros(items)
    chosen, seen = np.zeros(len(log.item)), np.array([1.0, 200.0])  # clicks, impressions of everybody so far
    for i, item in enumerate(log.item):
        rate = (clicks + SMOOTHING) / (expected + SMOOTHING)
        best = rate >= rate.max() - 1e-12
        chosen[i] = best[item] / best.sum()
        expected[item] += seen[0] / seen[1]
        clicks[item] += log.clicked[i]
        seen += (log.clicked[i], 1)
    return chosen


def observed(log: Log) -> Estimate:
    """Clicks an impression with the exact interval of a binomial (Clopper and Pearson, Biometrika 1934)."""
    k, n, tail = log.clicks, len(log.item), (1 - CERTAINTY) / 2
    low = float(beta.ppf(tail, k, n - k + 1)) if k else 0.0
    return Estimate(k / n, low, float(beta.ppf(1 - tail, k + 1, n - k)) if k < n else 1.0, enough=True)


def clicks_needed(gain: float) -> int:
    """Of each of two policies, to see a relative gain of clicks four times in five, at 95 %."""
    reach = float(norm.ppf((1 + CERTAINTY) / 2) + norm.ppf(POWER))
    return int(np.ceil(reach**2 * (1 + 1 / (1 + gain)) / np.log1p(gain) ** 2))


def verdict(logs: Path, given: list[Answer]) -> str:
    """What the clicks of the logs can show, in words."""
    found = [read(logs / policy / c / f"{c}.csv") for policy in (UNIFORM, BTS) for c in CAMPAIGNS]
    clicks = [log.clicks for log in found]
    middle = found[int(np.argsort(clicks)[len(clicks) // 2])]
    rate, k = observed(middle), middle.clicks
    gain = next(g / 100 for g in range(1, 10_000) if clicks_needed(g / 100) <= k)
    thin = sorted({f"{of.policy} ({of.campaign})" for of in given if not of.found.enough})
    return (
        f"A log has {min(clicks)} to {max(clicks)} clicks. {k} clicks in {len(middle.item):,} impressions "
        f"are a rate between {rate.low:.2%} and {rate.high:.2%}; two policies with so many each can be told "
        f"apart when one is better by some {gain:.0%} or more, and 20 % needs {clicks_needed(0.2):,} "
        "clicks of each. So these logs show that the format, the propensities and the estimators fit "
        "together, not which policy is better. Too few clicks carry the weight, so that the interval is not "
        f"to be trusted: {', '.join(thin) or 'none'}."
    )
