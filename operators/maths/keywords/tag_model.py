"""What an article is about: one shared representation of its text, and a softmax for each kind of tag.

A text is a unit vector x over hashed features, the rarer the heavier. Scores of the tags of a kind are

    z = s · cos(x, c) + W E'x + b

c are centroids, sums of the vectors of articles that had the tag (Rocchio, 1971): right after few articles.
E is a linear representation of low dimension that all kinds share, W and b the output of one (fastText:
Joulin, Grave, Bojanowski, Mikolov, EACL 2017): they learn what centroids miss, one article after another, by
AdaGrad (Duchi, Hazan, Singer, JMLR 2011) with one rate a row. The order of articles counts, where batches end
does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from operators.maths.arrays import Floats, Ints

BIAS_RATE = 0.05
TINY = 1e-12

Labels = Mapping[str, Sequence[int]]
"""Kind -> the indices of its tags that the article has."""


@dataclass(frozen=True)
class TagSettings:
    """dimensions : of the representation. sharpness : s, of the cosines. scale, output_scale : standard
    deviations of the first E, and of W h where h has unit length. rate, output_rate : AdaGrad's, of E and W.
    square, output_square : where its sums of squares start.
    """

    dimensions: int = 64
    sharpness: float = 90.0
    scale: float = 0.01
    output_scale: float = 1.5
    rate: float = 0.1
    output_rate: float = 0.2
    square: float = 1e-3
    output_square: float = 1.0


@dataclass(frozen=True)
class Features:
    """R rows of the table. E : (R, d). squares : (R,) of its gradients so far. articles : (R,) that had it.

    sums : (R, K) of the unit vectors of articles with each tag, K tags of all kinds.
    """

    E: Floats
    squares: Floats
    articles: Floats
    sums: Floats


@dataclass(frozen=True)
class Output:
    """One kind of tag, T of them. W : (T, d). b : (T,). squares : (T,) of W's gradients so far.

    lengths : (T,) squared, of the centroids' sums. columns : (T,) their places in `Features.sums`.
    """

    W: Floats
    b: Floats
    squares: Floats
    lengths: Floats
    columns: Ints


def weights(features: Features, rows: Ints, total: float) -> Floats:
    """(f,) of unit length: the rarer a feature of an article, the more it weighs. total : articles in all."""
    rarity = np.log((total + 1) / (features.articles[rows] + 0.5))
    rarity = np.maximum(rarity, 1e-3)
    return np.asarray(rarity / np.sqrt(rarity @ rarity)) if len(rows) else rarity


def probabilities(features: Features, output: Output, rows: Ints, x: Floats, settings: TagSettings) -> Floats:
    """(T,) of each tag of the kind, which sum to 1; without tags, none. x : (f,) weights of `rows`."""
    near = x @ features.sums[np.ix_(rows, output.columns)] / np.sqrt(output.lengths + TINY)
    z = settings.sharpness * near + output.W @ (x @ features.E[rows]) + output.b
    p = np.exp(z - z.max(initial=-np.inf))
    return np.asarray(p / p.sum()) if len(p) else p


def learn(
    features: Features,
    outputs: Mapping[str, Output],
    articles: Sequence[Ints],
    labels: Sequence[Labels],
    total: float,
    settings: TagSettings,
) -> tuple[Features, dict[str, Output]]:
    """A step with each article that is labelled; every article counts for the rarity of its features.

    articles : of each, the rows of its features. labels : of each; without any it is not learned from.
    Several tags of a kind share its probability. total : articles before these.
    """
    features = Features(*(getattr(features, name).copy() for name in Features.__dataclass_fields__))
    outputs = {
        kind: Output(of.W.copy(), of.b.copy(), of.squares.copy(), of.lengths.copy(), of.columns)
        for kind, of in outputs.items()
    }
    for rows, said in zip(articles, labels, strict=True):
        if len(rows):
            x = weights(features, rows, total)
            if said:
                _descend(features, outputs, rows, x, said, settings)
            for kind, tags in said.items():
                _add(features, outputs[kind], rows, x, tags)
            features.articles[rows] += 1
        total += 1
    return features, outputs


def _descend(
    features: Features,
    outputs: Mapping[str, Output],
    rows: Ints,
    x: Floats,
    said: Labels,
    settings: TagSettings,
) -> None:
    """E, W and b go down the gradient of −log p of the tags, in place."""
    h = x @ features.E[rows]
    by_h = np.zeros_like(h)
    for kind, tags in said.items():
        output = outputs[kind]
        error = probabilities(features, output, rows, x, settings)
        error[list(tags)] -= 1 / len(tags)
        by_h += output.W.T @ error
        gradient = error[:, None] * h
        output.squares[:] += np.mean(gradient**2, axis=1)
        rate = settings.output_rate / np.sqrt(output.squares + settings.output_square)
        output.W[:] -= rate[:, None] * gradient
        output.b[:] -= BIAS_RATE * error
    features.squares[rows] += x**2 * np.mean(by_h**2)
    rate = settings.rate / np.sqrt(features.squares[rows] + settings.square)
    features.E[rows] -= (rate * x)[:, None] * by_h


def _add(features: Features, output: Output, rows: Ints, x: Floats, tags: Sequence[int]) -> None:
    """The article's vector to the centroids of its tags, in place."""
    for tag in tags:
        column = output.columns[tag]
        before = features.sums[rows, column]
        after = before + x
        features.sums[rows, column] = after
        output.lengths[tag] += after @ after - before @ before
