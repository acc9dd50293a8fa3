"""The product in this process: what the job `visitor_segments` does with micro-batches, by its functions."""

from dataclasses import dataclass, field, replace

import numpy as np

from operators.maths.layouts.layout_bandit import BanditSettings
from operators.maths.layouts.linear_bandit import LinearSettings
from operators.maths.preferences.burstiness import damped
from operators.maths.segments.affinities import affinities, affinities_of, knows_more
from operators.maths.segments.refit_segments import RefitSettings, moved_sums, refit_due, refit_segments
from operators.maths.segments.segment_models import SegmentModels
from operators.maths.segments.shop_priors import sums_from_sales
from operators.maths.segments.update_segments import SegmentSettings, update_segments
from operators.maths.segments.visitor_sample import fitting_threshold, visitor_hash
from tidemark.simulate.affinity_policies import AffinityPolicies
from tidemark.simulate.industry_weights import IndustryWeights
from tidemark.simulate.policies import PURCHASE
from tidemark.simulate.storefront import Behaviors, Decisions
from tidemark.simulate.tastes import DAY_MS, Floats, Ints
from tidemark.simulate.visitors import Visitors

MINUTE_MS = 60_000


@dataclass(frozen=True)
class ProductSettings:
    """By default those of the job.

    linear : of layouts by affinities; None: by segments alone.
    horizons_ms : half-lives, the longest first. horizon_weights : of each in the taste that is assigned by.
    behavior_weights : of views, favourites, carts, purchases. burstiness : see `damped`. sample : visitors
    of a shop that its refits see. prior : counts of a shop's prior from its sales, 0 for none, in
    `first_segments`. industry_gamma : of the weights of categories, in mean dispersions; None: equal ones.
    """

    segments: SegmentSettings = field(default_factory=SegmentSettings)
    refits: RefitSettings = field(default_factory=RefitSettings)
    bandit: BanditSettings = field(default_factory=BanditSettings)
    linear: LinearSettings | None = field(default_factory=LinearSettings)
    horizons_ms: tuple[int, ...] = (90 * DAY_MS, 7 * DAY_MS, 30 * MINUTE_MS)
    horizon_weights: tuple[float, ...] = (1.0, 0.0, 0.0)
    behavior_weights: tuple[float, float, float, float] = (0.25, 0.5, 0.75, 1.0)
    burstiness: float = 0.0
    sample: int = 512
    prior: float = 0.0
    first_segments: int = 8
    industry_gamma: float | None = None


class Product:
    """What may be known of the world: shops with their industries and sales, and how many layouts."""

    def __init__(self, shops: "KnownShops", visitors: int, settings: ProductSettings, seed: int) -> None:
        s, (B, C) = settings, shops.sales.shape
        self._shops, self._settings, self._seed = shops, settings, seed
        self.visitors = Visitors(visitors, C, s.horizons_ms)
        self.models = SegmentModels.empty(B, s.refits.most, C)
        if s.prior:
            sums = np.stack([sums_from_sales(sales, s.first_segments, s.prior) for sales in shops.sales])
            idle = np.zeros((B, s.refits.most - s.first_segments, C))
            self.models = replace(self.models, sums=np.concatenate([sums, idle], axis=1))
        self._weights = IndustryWeights(shops.industry, C, s.industry_gamma)
        self.policies = AffinityPolicies(
            B, s.refits.most, shops.layouts, visitors, s.bandit, s.linear or LinearSettings(), seed
        )
        self._affinities = np.zeros((visitors, s.refits.most))
        self._hash = visitor_hash(np.arange(visitors, dtype=np.uint64), salt=seed)
        self._threshold, self._refitted_at = np.ones(B), np.zeros(B, dtype=np.int64)

    def behaved(self, behaviors: Behaviors) -> None:
        """One micro-batch."""
        if not len(behaviors):
            return
        amounts = np.array(self._settings.behavior_weights)[behaviors.behavior]
        batch = self.visitors.arrive(behaviors, amounts, behaviors.behavior == PURCHASE)
        taste = np.tensordot(np.array(self._settings.horizon_weights), batch.after, 1)
        visits = batch.visits(self._weighed(taste, batch.shop))
        before = self._opened(batch.shop, batch.at_ms)
        self.models, found = update_segments(before, visits, self._settings.segments)
        told = knows_more(visits) | (found.segment != batch.segment)
        leanings = affinities(before, visits, self._settings.segments.smoothing)
        self._affinities[batch.who[told]] = leanings[told]
        self.visitors.learn(batch, found)
        self.policies.behaved(behaviors)
        self._refit()

    def _opened(self, shop: Ints, at_ms: Ints) -> SegmentModels:
        """A prior is as of the shop's first visit."""
        latest = self.models.latest_ms.copy()
        fresh = np.unique(shop[self.models.latest_ms[shop] == 0])
        latest[fresh] = at_ms.min()
        return replace(self.models, latest_ms=latest)

    def _weighed(self, counts: Floats, shop: Ints) -> Floats:
        """(n, C) what visitors are assigned by; shop : (n,), or one for all."""
        return damped(counts, self._settings.burstiness) * self._weights.of(shop)

    def decide(self, visitor: Ints, shop: Ints, at_ms: Ints) -> Decisions:
        policy = self._policy(visitor, shop)
        if self._settings.linear is None:
            return self.policies.choose(policy, at_ms)
        return self.policies.choose_by(self._affinities[visitor], policy, at_ms)

    def exposed(self, visitor: Ints, shop: Ints, decisions: Decisions, at_ms: Ints) -> None:
        policy = self._policy(visitor, shop)
        self.policies.exposed_to(self._affinities[visitor], visitor, policy, decisions.layout, at_ms)

    def _policy(self, visitor: Ints, shop: Ints) -> Ints:
        return np.asarray(shop * self._settings.refits.most + self.visitors.segment[visitor])

    def _refit(self) -> None:
        for shop in np.flatnonzero(refit_due(self.models.seen, self._refitted_at, self._settings.refits)):
            self._refit_shop(int(shop))

    def _refit_shop(self, shop: int) -> None:
        s, models = self._settings, self.models
        who = self._sampled(shop)
        X = self.visitors.decayed(who, int(models.latest_ms[shop]))
        labels = self.visitors.segment[who]
        age_ms = models.latest_ms[shop] - models.first_ms[shop]
        found = refit_segments(
            self._weighed(X, np.array([shop])).astype(np.float32),
            labels,
            s.segments.smoothing,
            bool(age_ms >= s.segments.hysteresis.settling_ms),
            s.refits,
            seed=self._seed * 1_000_000 + int(models.seen[shop]),
        )
        sums = models.sums.copy()
        sums[shop] = moved_sums(sums[shop], X, labels, found.labels)
        self.models = replace(models, sums=sums)
        moved = found.labels != labels
        self._affinities[who[moved]] = affinities_of(X[moved], sums[shop], s.segments.smoothing)
        self.visitors.segment[who] = found.labels
        self._weights.learn(shop, X, found.labels, float(models.seen[shop]))
        self._refitted_at[shop] = models.seen[shop]

    def _sampled(self, shop: int) -> Ints:
        """The shop's visitors seen so far whose hash is below its threshold."""
        there = np.flatnonzero((self.visitors.shop == shop) & (self.visitors.segment >= 0))
        hashes = self._hash[there]
        self._threshold[shop] = fitting_threshold(hashes, float(self._threshold[shop]), self._settings.sample)
        return np.asarray(there[hashes < self._threshold[shop]])


@dataclass(frozen=True)
class KnownShops:
    """B shops. industry : (B,). sales : (B, C) shares. layouts : how many each can show."""

    industry: Ints
    sales: Floats
    layouts: int
