"""What visitors choose next: a conditional logit over the values of a facet, learned as it predicts.

    p_c ∝ g_c exp(θ_c·φ_c),    θ_c = shared + own_c

with g everybody's shares and φ_c the features of `choice_features` (McFadden 1974). It is a mix of horizons
learned for each value, their shares to the power of weights, with what age and time of the week add.

A batch is learned after it was predicted: one step of natural gradient with the Fisher information held
(online Newton step: Hazan, Agarwal, Kale, Machine Learning 2007), first of the weights that values share,
then of their own, each value for itself: of the information between values nothing is kept. A choice of
several values at once counts 1/IDCG, so the shares rank best by NDCG (Järvelin and Kekäläinen, 2002).
"""

from dataclasses import dataclass, replace

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.preferences.choice_features import Histories, count_of, features

LARGEST_STEP = 0.3  # of any weight in one batch: the first batches say little
TOP = 10  # places in a ranking that count
ROWS_AT_ONCE = 256  # bounds the memory of a batch

_IDEAL = np.cumsum(1 / np.log2(np.arange(2, TOP + 2)))


@dataclass(frozen=True)
class ChoiceSettings:
    """smoothing : weight of everybody's shares in a visitor's, in units of weight (a purchase weighs 4).

    half_life_ms : of what was learned, in event time. steadiness, steadiness_of_values : information to begin
    with, in choices, about the shared weights and about each value's own.
    """

    smoothing: float = 80.0
    half_life_ms: float = 365.0 * 86_400_000
    steadiness: float = 5.0
    steadiness_of_values: float = 15.0


@dataclass(frozen=True)
class ChoiceModel:
    """What was learned of one facet with C values, K features.

    shared : (K,). own : (C, K). information : (K, K) of shared; own_information : (C, K, K).
    """

    shared: Floats
    own: Floats
    information: Floats
    own_information: Floats

    @classmethod
    def prior(cls, half_lives_ms: Floats, values: int, settings: ChoiceSettings) -> "ChoiceModel":
        """The shares that the longest horizon expects."""
        k = count_of(len(half_lives_ms))
        shared = np.zeros(k)
        shared[1 + int(np.argmax(half_lives_ms))] = 2.0  # features have L/2
        none = np.zeros((values, k))
        own_information = np.broadcast_to(np.eye(k) * settings.steadiness_of_values, (values, k, k))
        return cls(shared, none, np.eye(k) * settings.steadiness, own_information)

    @property
    def weights(self) -> Floats:
        """(C, K): θ."""
        return self.shared + self.own

    def of_values(self, place: Ints, settings: ChoiceSettings) -> "ChoiceModel":
        """For other values: `place` (C',) says where each stands now; -1: it is new."""
        known, k = (place >= 0)[:, None], len(self.shared)
        fresh = np.eye(k) * settings.steadiness_of_values
        if not len(self.own):
            own, held = np.zeros((len(place), k)), np.broadcast_to(fresh, (len(place), k, k))
        else:
            own = np.where(known, self.own[place], 0.0)
            held = np.where(known[:, :, None], self.own_information[place], fresh)
        return replace(self, own=own, own_information=held)


def choice_shares(weights: Floats, F: Floats, everybody: Floats) -> Floats:
    """(n, C) p, which sum to one. weights : (C, K). F : (n, C, K). everybody : (C,) or (n, C), positive."""
    score = np.log(everybody) + np.einsum("nck,ck->nc", F, weights, optimize=True)
    p = np.exp(score - score.max(axis=1, keepdims=True))
    return np.asarray(p / p.sum(axis=1, keepdims=True))


def towards_segment(everybody: Floats, segment: Floats, say: float = 0.5) -> Floats:
    """(n, C) m ∝ g (s/g)^say: what stands for everybody's shares where visitors' segments are known.

    everybody : (C,). segment : (n, C) distributions, positive. Half is best wherever it was tried: full
    shrinkage to the segment hurts.
    """
    m = everybody ** (1 - say) * segment**say
    return np.asarray(m / m.sum(axis=1, keepdims=True))


def predict_choices(
    model: ChoiceModel,
    histories: Histories,
    half_lives_ms: Floats,
    everybody: Floats,
    settings: ChoiceSettings,
) -> Floats:
    """(n, C) shares of what each visitor takes next; everybody : (C,) or (n, C)."""
    parts = [
        choice_shares(model.weights, features(part, half_lives_ms, g, settings.smoothing), g)
        for part, g, _ in _parts(histories, everybody, None)
    ]
    return np.concatenate([np.empty((0, model.own.shape[0])), *parts])


def learn_choices(
    model: ChoiceModel,
    histories: Histories,
    half_lives_ms: Floats,
    everybody: Floats,
    chosen: Floats,
    elapsed_ms: float,
    settings: ChoiceSettings,
) -> ChoiceModel:
    """The model after n visitors, whose histories it predicted from, chose `chosen` (n, C), 1 or 0.

    elapsed_ms : event time since the batch before. Visitors who chose nothing teach nothing; an empty batch
    only forgets.
    """
    shared_gradient = np.zeros_like(model.shared)
    gradient, fresh = np.zeros_like(model.own), np.zeros_like(model.own_information)
    for part, g, y in _parts(histories, everybody, chosen):
        F = features(part, half_lives_ms, g, settings.smoothing)
        p = choice_shares(model.weights, F, g)
        size = y.sum(axis=1, keepdims=True)
        weight = 1 / _IDEAL[np.clip(size, 1, TOP).astype(int) - 1]
        by_value = np.ascontiguousarray(F.transpose(1, 2, 0))  # C, K, n
        surprise, expected = weight * (y - size * p), weight * size * p * (1 - p)
        gradient += (by_value @ surprise.T[:, :, None])[:, :, 0]
        fresh += (by_value * expected.T[:, None, :]) @ by_value.transpose(0, 2, 1)
    shared_gradient = gradient.sum(axis=0)

    kept = 2.0 ** (-elapsed_ms / settings.half_life_ms)
    prior = (1 - kept) * np.eye(len(model.shared))
    information = kept * model.information + settings.steadiness * prior + fresh.sum(axis=0)
    own_information = kept * model.own_information + settings.steadiness_of_values * prior + fresh
    step = _step(information, shared_gradient)
    left = gradient - fresh @ step
    return ChoiceModel(
        model.shared + step, model.own + _step(own_information, left), information, own_information
    )


def _step(information: Floats, gradient: Floats) -> Floats:
    step = np.linalg.solve(information, gradient[..., None])[..., 0]
    return np.asarray(np.clip(step, -LARGEST_STEP, LARGEST_STEP))


def _parts(
    histories: Histories, everybody: Floats, chosen: Floats | None
) -> list[tuple[Histories, Floats, Floats]]:
    """Visitors in parts of ROWS_AT_ONCE, with what stands for everybody to each, and what they chose."""
    n = len(histories.at_ms)
    parts = [slice(start, start + ROWS_AT_ONCE) for start in range(0, n, ROWS_AT_ONCE)]
    return [
        (
            histories.rows(part),
            everybody[part] if everybody.ndim == 2 else everybody,
            np.empty(0) if chosen is None else chosen[part],
        )
        for part in parts
    ]
