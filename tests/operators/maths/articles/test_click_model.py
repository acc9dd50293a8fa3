"""The shared model's prior."""

import numpy as np

from operators.maths.articles.click_model import SharedSettings, fresh


def test_the_intercept_is_free_and_the_rest_is_held_where_it_starts() -> None:
    settings, weights = SharedSettings(), np.array([0.0, 1.0, 0.0, 0.5])
    prior = fresh(weights, settings).prior
    np.testing.assert_array_equal(prior.mean[0], weights)
    variance = 1 / np.diag(prior.precision[0])
    np.testing.assert_allclose(variance, [settings.intercept_variance, *[settings.variance] * 3])
