"""Priors of shops, feature weights and dimensions."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from operators.maths.segments.dimensions import best_selling_dimensions, hashed_dimensions, learned_dimensions
from operators.maths.segments.feature_weights import dispersion_within, entropy_weights, shrink_to_industry
from operators.maths.segments.segment_scores import log_ratios, shares
from operators.maths.segments.shop_priors import sums_from_industry, sums_from_sales
from tests.operators.maths.segments.segment_strategies import shoppers

amounts = st.lists(st.floats(0, 1e6) | st.sampled_from([np.nan, np.inf, -1.0]), min_size=1, max_size=12)


@given(sales=amounts, segments=st.integers(1, 6))
def test_a_prior_from_sales_weighs_what_it_should(sales: list[float], segments: int) -> None:
    sums = sums_from_sales(np.array(sales), segments, 100.0)
    sold = [s for s in sales if np.isfinite(s) and s > 0]
    assert np.isfinite(sums).all()
    assert (sums >= 0).all()
    assert sums.sum() == pytest.approx(100.0 if sold else 0.0)


def test_each_best_seller_founds_a_segment() -> None:
    sums = sums_from_sales(np.array([5.0, 50.0, 20.0]), 2, 10.0)
    assert sums.argmax(axis=1).tolist() == [1, 2]
    assert sums.sum(axis=1)[0] / sums.sum() == pytest.approx(50 / 70)


def test_a_shop_unseen_gets_the_ratios_of_its_industry_on_its_own_sales() -> None:
    industry = np.array([[80.0, 10.0, 10.0], [10.0, 80.0, 10.0]])
    sales = np.array([0.0, 3.0, 1.0])
    sums = sums_from_industry(industry, sales, 40.0, 5.0)
    s, g = shares(industry, 5.0)
    expected = s / g * sales
    np.testing.assert_allclose(
        sums / sums.sum(axis=1, keepdims=True), expected / expected.sum(axis=1, keepdims=True)
    )
    assert sums.sum() == pytest.approx(40)
    unknown = sums_from_industry(industry, np.zeros(3), 40.0, 5.0)
    assert np.sign(log_ratios(unknown, 1.0))[0].tolist() == np.sign(log_ratios(industry, 1.0))[0].tolist()


def test_without_an_industry_sales_decide() -> None:
    sales = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(
        sums_from_industry(np.zeros((2, 3)), sales, 9.0, 5.0), sums_from_sales(sales, 2, 9.0)
    )


@given(seed=st.integers(0, 1000), gamma=st.floats(0.01, 100))
def test_weights_have_mean_one_and_fall_with_dispersion(seed: int, gamma: float) -> None:
    dispersion = np.random.default_rng(seed).random((3, 8))
    weights = entropy_weights(dispersion, gamma)
    np.testing.assert_allclose(weights.mean(axis=1), 1)
    order = dispersion.argsort(axis=1)
    assert (np.diff(np.take_along_axis(weights, order, axis=1)) <= 1e-12).all()


def test_dispersion_is_the_mean_square_around_the_centroid() -> None:
    X = np.random.default_rng(1).random((20, 4))
    label = np.arange(20) % 3
    expected = sum(((X[label == k] - X[label == k].mean(axis=0)) ** 2).sum(axis=0) for k in range(3)) / 20
    sums = np.array([X[label == k].sum(axis=0) for k in range(3)])
    squares = np.array([(X[label == k] ** 2).sum(axis=0) for k in range(3)])
    np.testing.assert_allclose(dispersion_within(sums, squares, np.bincount(label).astype(float)), expected)


def test_a_small_shop_weighs_as_its_industry_a_large_one_as_itself() -> None:
    shop, industry = np.array([[2.0, 0.0], [2.0, 0.0]]), np.ones((2, 2))
    found = shrink_to_industry(shop, industry, np.array([0, 10**9]), 100.0)
    np.testing.assert_allclose(found, [[1.0, 1.0], [2.0, 0.0]], atol=1e-6)


def test_hashing_spreads_categories_over_all_dimensions() -> None:
    found = hashed_dimensions(np.arange(5000, dtype=np.uint64), 64)
    assert np.bincount(found, minlength=64).min() > 40
    assert found.max() == 63


def test_categories_of_the_same_visitors_share_a_dimension() -> None:
    X, _ = shoppers(200, 2, 3, seed=1, purchases=30)
    doubled = np.concatenate([X, X], axis=1)  # each category twice, always bought together
    found = learned_dimensions(doubled, 3)
    assert (found[:3] == found[3:]).all()
    assert sorted(set(found.tolist())) == [0, 1, 2]


@given(seed=st.integers(0, 1000), categories=st.integers(1, 60))
def test_the_best_sellers_keep_a_dimension_of_their_own(seed: int, categories: int) -> None:
    sales = np.random.default_rng(seed).random(categories)
    found = best_selling_dimensions(sales, np.arange(categories, dtype=np.uint64), 16, 4)
    assert found.min() >= 0
    assert found.max() < 16
    best = np.argsort(-sales)[:12] if categories > 16 else np.arange(categories)
    for category in best:
        assert (found == found[category]).sum() == 1
