"""Ways to predict clicks from the features that impressions read on arrival: the job's, and plain ones.

Each is given the same rows and learns them as late.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from operators.maths.adaptive_forgetting import learn, mixed
from operators.maths.arrays import Floats, Ints
from operators.maths.articles.article_models import ArticleSettings
from operators.maths.articles.click_features import Group, prior_weights
from operators.maths.articles.click_model import SharedSettings, fresh
from operators.maths.bayesian_logistic import probability

LISTS_A_BATCH = 20
"""Lists that are predicted and learnt together, as a micro-batch of a replay holds them."""

REFITS = 12


@dataclass(frozen=True)
class Rows:
    """n impressions list after list.

    X : (n, d). clicked : (n,). first : (lists + 1,) offsets. at_ms : (lists,). known : (lists,), how many
    lists may have been learnt when each arrived.
    """

    X: Floats
    clicked: Floats
    first: Ints
    at_ms: Ints
    known: Ints

    def of(self, lists: slice) -> slice:
        """The impressions of these lists."""
        return slice(int(self.first[lists.start]), int(self.first[lists.stop]))

    def until(self, lists: int) -> "Rows":
        """The first so many lists alone."""
        n = int(self.first[lists])
        return Rows(
            self.X[:n], self.clicked[:n], self.first[: lists + 1], self.at_ms[:lists], self.known[:lists]
        )


class Predictor(ABC):
    """Learns lists, predicts later ones."""

    @abstractmethod
    def predict(self, X: Floats) -> Floats:
        """(n,) click probabilities."""

    @abstractmethod
    def learn(self, X: Floats, clicked: Floats, at_ms: int) -> None:
        """From rows whose outcome became known; at_ms : when the latest of them was shown."""


def predictions(predictor: Predictor, rows: Rows, tick: Callable[[], object]) -> Floats:
    """(n,), inside (0, 1): every list predicted before anything learns from it."""
    p, learnt = np.empty(len(rows.X)), 0
    for lists in _batches(len(rows.at_ms)):
        due = int(rows.known[lists.start])
        if due > learnt:
            new = rows.of(slice(learnt, due))
            predictor.learn(rows.X[new], rows.clicked[new], int(rows.at_ms[due - 1]))
            learnt = due
        p[rows.of(lists)] = predictor.predict(rows.X[rows.of(lists)])
        for _ in range(lists.start, lists.stop):
            tick()
    return np.clip(p, 1e-9, 1 - 1e-9)


def _batches(lists: int) -> Iterator[slice]:
    for start in range(0, lists, LISTS_A_BATCH):
        yield slice(start, min(start + LISTS_A_BATCH, lists))


class Tidemark(Predictor):
    """`operators.maths.articles.click_model` on features of these groups."""

    def __init__(self, settings: SharedSettings, groups: frozenset[Group]) -> None:
        self._settings = settings
        weights = prior_weights(groups, len(ArticleSettings().half_lives_ms))
        self._models = fresh(weights, settings)

    def predict(self, X: Floats) -> Floats:
        return probability(*mixed(self._models, X, np.zeros(len(X))))

    def learn(self, X: Floats, clicked: Floats, at_ms: int) -> None:
        forgetting = self._settings.forgetting
        self._models = learn(self._models, X, clicked, np.zeros(len(X)), at_ms, forgetting)


class River(Predictor):
    """river's LogisticRegression behind its StandardScaler, a row at a time.

    optimizer : name in `river.optim`, with its learning rate.
    """

    def __init__(self, optimizer: str, rate: float) -> None:
        from river import linear_model, optim, preprocessing

        step = (
            optim.SGD(rate)
            if optimizer == "SGD"
            else optim.FTRLProximal(alpha=rate, beta=1.0, l1=0.0, l2=1.0)
        )
        self._model = preprocessing.StandardScaler() | linear_model.LogisticRegression(
            optimizer=step, intercept_lr=rate
        )

    def predict(self, X: Floats) -> Floats:
        return np.array([self._model.predict_proba_one(row)[True] for row in _dictionaries(X)])

    def learn(self, X: Floats, clicked: Floats, at_ms: int) -> None:  # noqa: ARG002
        for row, y in zip(_dictionaries(X), clicked.astype(bool).tolist(), strict=True):
            self._model.learn_one(row, y)


class Refitted(Predictor):
    """scikit-learn's LogisticRegression on all that is known, refitted `REFITS` times in all.

    C : inverse strength of the penalty. rows : how many it will meet.
    """

    def __init__(self, C: float, rows: int) -> None:
        self._C, self._every, self._fitted = C, rows // REFITS, 0
        self._X: list[Floats] = []
        self._clicked: list[Floats] = []
        self._model: Any = None
        self._learnt = 0

    def predict(self, X: Floats) -> Floats:
        if self._model is None:
            return np.full(len(X), 0.05)
        return np.asarray(self._model.predict_proba(X)[:, 1])

    def learn(self, X: Floats, clicked: Floats, at_ms: int) -> None:  # noqa: ARG002
        self._X.append(X)
        self._clicked.append(clicked)
        self._learnt += len(X)
        if self._learnt - self._fitted >= self._every:
            from sklearn.linear_model import LogisticRegression
            from sklearn.pipeline import make_pipeline
            from sklearn.preprocessing import StandardScaler

            model = make_pipeline(StandardScaler(), LogisticRegression(C=self._C, max_iter=300))
            self._model = model.fit(np.concatenate(self._X), np.concatenate(self._clicked))
            self._fitted = self._learnt


def _dictionaries(X: Floats) -> Iterator[dict[int, float]]:
    names = range(1, X.shape[1])  # without the intercept: river has its own
    for row in X[:, 1:].tolist():
        yield dict(zip(names, row, strict=True))
