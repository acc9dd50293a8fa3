"""Readers of like histories lie close, and stay where they are when the dimensions are refitted."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from operators.maths.articles.reader_dimensions import Dimensions, Histories, _strongest, place, refit

BUCKETS, D = 60, 4


def readers(n: int, seed: int) -> tuple[Histories, np.ndarray]:  # type: ignore[type-arg]
    """Histories of three tastes, twenty articles each; and the taste of each reader."""
    random = np.random.default_rng(seed)
    taste = random.integers(3, size=n)
    articles = [random.choice(20, 6, replace=False) + 20 * t for t in taste]
    articles = [np.append(a, random.integers(BUCKETS)) for a in articles]
    return Histories(np.concatenate(articles), np.arange(0, 7 * n + 1, 7)), taste


def test_readers_of_one_taste_are_alike_and_of_others_are_not() -> None:
    histories, _ = readers(300, 1)
    fitted = refit(Dimensions.unknown(BUCKETS, D), histories)
    new, taste = readers(60, 2)
    X = place(fitted, new)
    K, same = X @ X.T, taste[:, None] == taste
    off = ~np.eye(60, dtype=bool)
    assert K[same & off].mean() > 0.6
    assert K[~same].mean() < 0


def test_a_refit_on_other_readers_leaves_readers_where_they_were() -> None:
    fitted = refit(Dimensions.unknown(BUCKETS, 3), readers(300, 1)[0])
    new, _ = readers(60, 2)
    before = place(fitted, new)
    after = place(refit(fitted, readers(300, 3)[0]), new)
    assert (before * after).sum(axis=1).mean() > 0.9


def test_turned_axes_do_not_turn_the_readers_of_the_same_fit() -> None:
    histories, _ = readers(300, 1)
    fitted = refit(Dimensions.unknown(BUCKETS, D), histories)
    turn = np.linalg.qr(np.random.default_rng(1).normal(size=(D, D)))[0]
    turned = Dimensions(fitted.axes @ turn, fitted.idf, fitted.centre @ turn)
    np.testing.assert_allclose(
        place(refit(turned, histories), histories), place(turned, histories), atol=1e-6
    )


def test_the_same_readers_give_the_same_dimensions() -> None:
    histories, _ = readers(100, 1)
    one, other = (refit(Dimensions.unknown(BUCKETS, D), histories) for _ in range(2))
    np.testing.assert_array_equal(one.axes, other.axes)


def test_unknown_readers_and_dimensions_are_zero() -> None:
    histories, _ = readers(300, 1)
    nobody = Histories(np.zeros(0, dtype=int), np.zeros(4, dtype=int))
    assert not place(Dimensions.unknown(BUCKETS, D), histories).any()
    assert not place(refit(Dimensions.unknown(BUCKETS, D), histories), nobody).any()


def test_too_few_readers_leave_the_dimensions_as_they_are() -> None:
    unknown = Dimensions.unknown(BUCKETS, D)
    assert refit(unknown, readers(8, 1)[0]) is unknown


@pytest.mark.parametrize("kinds", [1, 2, 3, 12])
def test_readers_who_are_all_alike_have_fewer_dimensions_and_break_nothing(kinds: int) -> None:
    article = np.concatenate([np.arange(3) + 4 * (reader % kinds) for reader in range(200)])
    histories = Histories(article, np.arange(0, 601, 3))
    fitted = refit(refit(Dimensions.unknown(BUCKETS, D), histories), histories)
    X = place(fitted, histories)
    assert np.isfinite(fitted.axes).all()
    np.testing.assert_allclose(X[:kinds], X[kinds : 2 * kinds], atol=1e-9)
    assert X.any() == (kinds > 1), "one kind of readers: nothing tells them apart"


def test_strongest_are_those_of_a_dense_decomposition() -> None:
    weighted = csr_matrix(np.random.default_rng(1).normal(size=(30, 2)) @ np.eye(2, BUCKETS))
    axes = _strongest(weighted, D)
    _, values, right = np.linalg.svd(weighted.toarray())
    found = np.linalg.norm(weighted @ axes, axis=0)
    np.testing.assert_allclose(np.sort(found)[-2:], np.sort(values[:2]), atol=1e-9)
    np.testing.assert_allclose(axes @ axes.T, right[:2].T @ right[:2], atol=1e-9)
