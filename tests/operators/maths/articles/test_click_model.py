"""The shared model's prior."""

import numpy as np

from operators.maths.articles.click_model import SharedSettings, fresh


def test_the_intercept_is_free_and_the_rest_is_held() -> None:
    settings = SharedSettings()
    variance = 1 / np.diag(fresh(4, settings).prior.precision[0])
    np.testing.assert_allclose(variance, [settings.intercept_variance, *[settings.variance] * 3])
