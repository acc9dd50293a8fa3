"""The shared representation and its outputs, against gradients taken by differences."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.arrays import Floats
from operators.maths.keywords.tag_model import Features, Output, TagSettings, learn, probabilities, weights

SETTINGS = TagSettings(dimensions=4, sharpness=2.0)
ROWS = np.array([0, 2, 5])
NOBODY: dict[str, list[int]] = {}


def model(seed: int, tags: int = 3) -> tuple[Features, dict[str, Output]]:
    random = np.random.default_rng(seed)
    sums = random.normal(size=(6, tags + 1))
    features = Features(random.normal(size=(6, 4)), np.zeros(6), random.integers(0, 9, 6).astype(float), sums)
    columns = random.permutation(tags + 1)[:tags]
    lengths = (sums[:, columns] ** 2).sum(axis=0)
    W, b = random.normal(size=(tags, 4)), random.normal(size=tags)
    return features, {"k": Output(W, b, np.zeros(tags), lengths, columns)}


def loss(features: Features, output: Output, tag: int) -> float:
    x = weights(features, ROWS, 10.0)
    return -float(np.log(probabilities(features, output, ROWS, x, SETTINGS)[tag]))


@given(seed=st.integers(0, 10_000))
def test_a_first_step_goes_down_the_gradient_by_the_rate(seed: int) -> None:
    features, outputs = model(seed)
    gradient = np.zeros_like(features.E)
    for place in np.ndindex(*features.E.shape):
        nudge: Floats = np.zeros_like(features.E)
        nudge[place] = 1e-5
        up, down = (replace(features, E=features.E + sign * nudge) for sign in (1, -1))
        gradient[place] = (loss(up, outputs["k"], 1) - loss(down, outputs["k"], 1)) / 2e-5
    found, _ = learn(features, outputs, [ROWS], [{"k": [1]}], 10.0, SETTINGS)
    rate = SETTINGS.rate / np.sqrt(np.mean(gradient**2, axis=1) + SETTINGS.square)
    assert pytest.approx(features.E - rate[:, None] * gradient, abs=1e-6) == found.E


@given(seed=st.integers(0, 10_000))
def test_learning_makes_what_was_said_more_probable(seed: int) -> None:
    features, outputs = model(seed)
    learned, after = learn(
        features, outputs, [ROWS], [{"k": [2]}], 10.0, replace(SETTINGS, rate=1e-3, output_rate=1e-3)
    )
    learned = replace(learned, articles=features.articles)  # the same weights as before
    assert loss(learned, after["k"], 2) < loss(features, outputs["k"], 2)


@given(seed=st.integers(0, 10_000), cut=st.integers(0, 3))
def test_where_batches_end_does_not_matter(seed: int, cut: int) -> None:
    features, outputs = model(seed)
    articles = [np.array(rows) for rows in ([0, 1], [2, 3], [1, 5])]
    labels = [{"k": [0]}, NOBODY, {"k": [1, 2]}]
    whole = learn(features, outputs, articles, labels, 10.0, SETTINGS)
    first = learn(features, outputs, articles[:cut], labels[:cut], 10.0, SETTINGS)
    parts = learn(*first, articles[cut:], labels[cut:], 10.0 + cut, SETTINGS)
    assert pytest.approx(whole[0].E) == parts[0].E
    assert pytest.approx(whole[1]["k"].W) == parts[1]["k"].W


def test_an_article_without_labels_counts_for_rarity_only_and_nothing_is_changed_in_place() -> None:
    features, outputs = model(1)
    before = features.E.copy()
    found, after = learn(features, outputs, [ROWS], [NOBODY], 10.0, SETTINGS)
    assert (found.E == features.E).all()
    assert (after["k"].W == outputs["k"].W).all()
    assert (found.articles - features.articles).tolist() == [1, 0, 1, 0, 0, 1]
    learn(features, outputs, [ROWS], [{"k": [0]}], 10.0, SETTINGS)
    assert (before == features.E).all()


def test_an_article_without_features_and_a_kind_without_tags_are_no_error() -> None:
    features, outputs = model(1)
    none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
    found = probabilities(features, outputs["k"], none, nothing, SETTINGS)
    assert found.sum() == pytest.approx(1)
    empty = Output(np.zeros((0, 4)), nothing, nothing, nothing, none)
    assert probabilities(features, empty, ROWS, np.ones(3), SETTINGS).tolist() == []
    learned, _ = learn(features, outputs, [none], [{"k": [0]}], 10.0, SETTINGS)
    assert (learned.E == features.E).all()


def test_centroids_are_sums_of_unit_vectors_and_keep_their_lengths() -> None:
    features, outputs = model(1)
    learned, after = learn(features, outputs, [ROWS], [{"k": [0, 2]}], 10.0, SETTINGS)
    added = np.zeros_like(features.sums)
    for tag in (0, 2):
        added[ROWS, outputs["k"].columns[tag]] = weights(features, ROWS, 10.0)
    assert learned.sums == pytest.approx(features.sums + added)
    assert after["k"].lengths == pytest.approx((learned.sums[:, after["k"].columns] ** 2).sum(axis=0))


def test_without_a_representation_the_nearest_centroid_is_the_most_probable() -> None:
    features, outputs = model(3)
    plain = replace(outputs["k"], W=np.zeros((3, 4)), b=np.zeros(3))
    x = weights(features, ROWS, 10.0)
    whole = np.zeros(6)
    whole[ROWS] = x
    centroids = features.sums[:, plain.columns]
    cosines = whole @ centroids / np.sqrt((centroids**2).sum(axis=0))
    found = probabilities(features, plain, ROWS, x, SETTINGS)
    assert np.log(found[1:] / found[0]) == pytest.approx(SETTINGS.sharpness * (cosines[1:] - cosines[0]))


def test_rare_features_weigh_more_and_all_together_one() -> None:
    features = replace(model(1)[0], articles=np.array([0.0, 9, 9, 9, 9, 3]))
    found = weights(features, ROWS, 10.0)
    assert found[0] > found[2] > found[1] > 0
    assert found @ found == pytest.approx(1)
