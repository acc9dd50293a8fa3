"""What another way of choosing layouts would have earned, from exposures that were logged."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.layouts.layout_bandit import (
    BanditSettings,
    LayoutArms,
    Outcomes,
    rate_posterior,
    revenue_posterior,
    update_arms,
)
from operators.maths.layouts.off_policy import Estimate, Logged, doubly_robust, ips, snips
from schemas.layouts import ShopPolicy
from tidemark.errors import UserError
from tidemark.evaluate.layout_log import LayoutLog
from tidemark.layouts import probabilities_of

NEVER_MS = 2**62
"""Half-life: every exposure of the log weighs the same."""


@dataclass(frozen=True)
class Estimates:
    """Reward of an exposure: logged, and three estimates of what the policy in question would have got."""

    logged: Estimate
    ips: Estimate
    snips: Estimate
    doubly_robust: Estimate

    @property
    def enough(self) -> bool:
        return all(estimate.enough for estimate in (self.ips, self.snips, self.doubly_robust))


@dataclass(frozen=True)
class Choices:
    """The log's exposures as places: n exposures, in P policies (shop and segment), of A layouts.

    target : (n, A) with which probability the policy in question shows each layout.
    policies : P.
    """

    policy: Ints
    layout: Ints
    target: Floats
    policies: int


def fixed(layout: str) -> Mapping[str, float]:
    """The policy that shows nothing else."""
    return {layout: 1.0}


def evaluated(
    log: LayoutLog,
    policies: Mapping[str, ShopPolicy] | Mapping[str, float],
    by_revenue: bool,
    level: float = 0.95,
) -> Estimates:
    """The log under other policies: by shop, or everywhere the same probabilities by layout.

    The model of the doubly robust estimate is the bandit's own posterior mean, fitted on half of the visitors
    to predict the other half.

    Raises
    ------
    UserError : nothing was logged; a shop has no policy; a layout was never shown and cannot be judged.
    """
    if not log.shop:
        raise UserError("no exposures were logged: nothing to evaluate", exit_code=1)
    choices = _choices(log, policies)
    reward = log.revenue if by_revenue else log.converted
    model = _cross_fitted(log, choices, by_revenue)
    target = choices.target
    shown = np.arange(len(reward)), choices.layout
    logged = Logged(log.propensity, target[shown], reward)
    return Estimates(
        logged=ips(Logged(log.propensity, log.propensity, reward), level),
        ips=ips(logged, level),
        snips=snips(logged, level),
        doubly_robust=doubly_robust(logged, model[shown], (target * model).sum(axis=1), level),
    )


def _choices(log: LayoutLog, policies: Mapping[str, ShopPolicy] | Mapping[str, float]) -> Choices:
    rows: dict[tuple[str, str], int] = {}
    columns: dict[str, int] = {}
    policy = [rows.setdefault(pair, len(rows)) for pair in zip(log.shop, log.segment, strict=True)]
    layout = [columns.setdefault(name, len(columns)) for name in log.layout]
    table = np.zeros((len(layout), len(columns)))
    known: dict[tuple[str, str, tuple[float, ...]], dict[str, float]] = {}
    for row, decided_by in enumerate(zip(log.shop, log.segment, log.affinities, strict=True)):
        if decided_by not in known:
            known[decided_by] = _target(*decided_by, policies)
        for name, probability in known[decided_by].items():
            if name not in columns:
                shop = decided_by[0]
                raise UserError(
                    f"layout {name!r} of shop {shop} was never shown: nothing can be said of it", 1
                )
            table[row, columns[name]] = probability
    return Choices(np.array(policy, dtype=np.int64), np.array(layout, dtype=np.int64), table, len(rows))


def _target(
    shop: str,
    segment: str,
    affinities: tuple[float, ...],
    policies: Mapping[str, ShopPolicy] | Mapping[str, float],
) -> dict[str, float]:
    """Layout -> probability, of those that are shown at all."""
    found = policies.get(shop)
    if isinstance(found, ShopPolicy):
        return dict(zip(found.layouts, probabilities_of(found, segment, affinities)[0], strict=True))
    everywhere = {name: value for name, value in policies.items() if isinstance(value, float)}
    if not everywhere:
        raise UserError(
            f"Redis holds no layouts of shop {shop}: has the job run, and `tidemark layouts {shop} …`?"
        )
    return everywhere


def _cross_fitted(log: LayoutLog, choices: Choices, by_revenue: bool) -> Floats:
    """(n, A): the reward that the model expects of each layout at each exposure."""
    settings, P, A = BanditSettings(), choices.policies, choices.target.shape[1]
    expected = np.zeros((len(log.shop), A))
    for fold in (0, 1):
        learned, predicted = log.fold != fold, log.fold == fold
        outcomes = Outcomes(
            choices.policy[learned],
            choices.layout[learned],
            np.zeros(int(learned.sum()), dtype=np.int64),
            np.ones(int(learned.sum())),
            log.converted[learned],
            log.revenue[learned],
        )
        arms = update_arms(LayoutArms.empty(P, A), outcomes, NEVER_MS)
        alpha, beta = rate_posterior(arms, settings)
        worth = revenue_posterior(arms, settings.prior_revenues)[0] if by_revenue else 1.0
        expected[predicted] = (alpha / (alpha + beta) * worth)[choices.policy[predicted]]
    return expected
