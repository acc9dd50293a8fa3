"""The shared model's prior, and how sure a score is."""

import numpy as np

from operators.maths.articles.click_model import SharedSettings, fresh, total_variance


def test_the_intercept_is_free_and_the_rest_is_held() -> None:
    settings = SharedSettings()
    variance = 1 / np.diag(fresh(4, settings).prior.precision[0])
    np.testing.assert_allclose(variance, [settings.intercept_variance, *[settings.variance] * 3])


def test_the_articles_own_doubt_counts_as_much_as_its_departure() -> None:
    found = total_variance(np.array([0.1, 0.1]), np.array([0.5, 0.0]), np.array([2.0, 2.0]))
    np.testing.assert_allclose(found, [2.1, 0.1])
