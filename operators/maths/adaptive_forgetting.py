"""How fast to forget, learned: the same model at several half-lives, weighted by what each has predicted.

Prequential likelihood (Dawid, JRSS A 1984) as the weight of a member; the weights themselves forget, so that
another member can take over when the world's pace changes (Raftery, Kárný, Ettler, Technometrics 2010).
"""

from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats
from operators.maths.bayesian_logistic import Posteriors, forget, predict, probability, update


@dataclass(frozen=True)
class ForgettingSettings:
    """half_lives_ms : of the members; infinity never forgets. memory_ms : half-life of their weights."""

    half_lives_ms: tuple[float, ...]
    memory_ms: float


@dataclass(frozen=True)
class Forgetting:
    """members : one model each, in the order of the half-lives. log_weight : (members,), decayed
    log-likelihoods. at_ms : event time of the latest batch learnt; -1 before the first.
    """

    prior: Posteriors
    members: tuple[Posteriors, ...]
    log_weight: Floats
    at_ms: int = -1

    @classmethod
    def fresh(cls, mean: Floats, variance: Floats, settings: ForgettingSettings) -> "Forgetting":
        """Independent coefficients; mean, variance : (d,) of the prior."""
        prior = Posteriors(mean[None], Posteriors.prior(1, variance).precision)
        count = len(settings.half_lives_ms)
        return cls(prior, (prior,) * count, np.zeros(count))

    @property
    def weight(self) -> Floats:
        """(members,), sums to one."""
        w = np.exp(self.log_weight - self.log_weight.max())
        return np.asarray(w / w.sum())


def mixed(models: Forgetting, X: Floats, offset: Floats) -> tuple[Floats, Floats]:
    """(n,) log-odds and (n,) variance: moments of the mixture of the members' posteriors."""
    mean, covariance = collapsed(models)
    return X @ mean + offset, np.maximum(np.einsum("nd,nd->n", X @ covariance, X), 0.0)


def collapsed(models: Forgetting) -> tuple[Floats, Floats]:
    """(d,) mean and (d, d) covariance of the weights under the mixture of the members' posteriors.

    A row's log-odds under these have the moments that `mixed` gives.
    """
    w, means = models.weight, np.stack([member.mean[0] for member in models.members])
    mean = w @ means
    within = np.einsum("k,kij->ij", w, np.stack([np.linalg.inv(m.precision[0]) for m in models.members]))
    covariance = within + np.einsum("k,ki,kj->ij", w, means - mean, means - mean)
    return mean, (covariance + covariance.T) / 2


def learn(
    models: Forgetting, X: Floats, y: Floats, offset: Floats, at_ms: int, settings: ForgettingSettings
) -> Forgetting:
    """The members after a batch as of event time `at_ms`, each weighed by how well it predicted the batch.

    A batch that is older than the latest forgets nothing.
    """
    if not len(X):
        return models
    passed = 0 if models.at_ms < 0 else max(at_ms - models.at_ms, 0)
    members, gained = [], []
    for member, half_life in zip(models.members, settings.half_lives_ms, strict=True):
        p = np.clip(probability(*predict(member, X, None, offset)), 1e-12, 1 - 1e-12)
        gained.append(float((y * np.log(p) + (1 - y) * np.log1p(-p)).sum()))
        kept = forget(member, models.prior, 2.0 ** (-passed / half_life)) if passed else member
        members.append(update(kept, X, y, None, offset))
    log_weight = models.log_weight * 2.0 ** (-passed / settings.memory_ms) + gained
    return Forgetting(models.prior, tuple(members), log_weight - log_weight.max(), max(at_ms, models.at_ms))
