"""Where an article's own model starts: at what articles of its keywords and topics have taught.

m₀ = W z, z an article's terms: a departure of each term, for each dimension of the reader, learned online as
if all articles with the term were one, beside their other terms. A round of mean-field a batch: a term's
posterior is updated with the others' means as its offset. Terms that come together share what they explain
only after some batches.
"""

from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints
from operators.maths.bayesian_logistic import Posteriors, update


@dataclass(frozen=True)
class Terms:
    """Of A articles, article after article. term : (m,) index. weight : (m,). first : (A + 1,) offsets.

    The squares of an article's weights sum to one, so that its prior is as wide as one term's is.
    """

    term: Ints
    weight: Floats
    first: Ints

    def of(self, article: Ints) -> tuple[Ints, Ints, Floats]:
        """(row among the articles (n,) asked for, term, weight), one entry a term."""
        length = np.diff(self.first)[article]
        row = np.repeat(np.arange(len(article)), length)
        place = np.arange(len(row)) - np.repeat(np.cumsum(length) - length, length) + self.first[article][row]
        return row, self.term[place], self.weight[place]


def prior_means(models: Posteriors, terms: Terms, article: Ints) -> Floats:
    """(n, d) where the models of articles (n,) start; zero for one without terms."""
    row, term, weight = terms.of(article)
    found = np.zeros((len(article), models.mean.shape[1]))
    np.add.at(found, row, weight[:, None] * models.mean[term])
    return found


def learn_terms(
    models: Posteriors, terms: Terms, article: Ints, X: Floats, y: Floats, offset: Floats
) -> Posteriors:
    """After the outcomes of n impressions; X : (n, d), an intercept and the reader's dimensions."""
    row, term, weight = terms.of(article)
    told = np.einsum("nd,nd->n", X, prior_means(models, terms, article))
    own = weight * np.einsum("md,md->m", X[row], models.mean[term])
    return update(models, weight[:, None] * X[row], y[row], term, (offset + told)[row] - own)
