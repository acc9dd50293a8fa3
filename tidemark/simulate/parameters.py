"""The world's parameters, each with its source. They were committed before the first evaluation.

*measured*: `python -m tidemark.simulate.calibrate` prints it from Complete Journey (CJ) or the Taobao sample.
*matched*: the same command seeks the value at which a simulated year of CJ's households shows CJ's figure.
*assumed*: no source is known. What matters most of these, the effect of layouts, is shown over a grid.
"""

from dataclasses import dataclass

EFFECTS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Grid of `Parameters.effect`; assumed."""

MIDDLE = 0.5
"""The effect at which goals are set."""

AGE_BY_INCOME = (
    (10, 4, 5, 13, 9, 2, 0, 0, 0, 0, 1, 2),
    (9, 12, 15, 34, 37, 13, 8, 7, 5, 1, 1, 0),
    (12, 17, 18, 38, 44, 27, 7, 13, 10, 2, 2, 4),
    (20, 25, 25, 51, 82, 41, 10, 12, 10, 6, 1, 5),
    (4, 5, 6, 16, 9, 6, 5, 2, 4, 2, 0, 0),
    (6, 11, 8, 20, 11, 7, 4, 4, 1, 0, 0, 0),
)
"""Households by age and income; CJ, measured."""


@dataclass(frozen=True)
class Parameters:
    """Of one world."""

    # Size: assumed.
    visitors: int = 8_000
    days: int = 84
    industries: int = 2
    shops: int = 4
    """Spread evenly over the industries; within one, sizes ∝ 1/rank (Zipf)."""

    # Visits.
    visits_a_week: float = 1.752
    """Of a visitor, mean; CJ baskets a household, measured."""
    visits_cv2: float = 0.650
    """Squared coefficient of variation over visitors (Gamma); CJ, measured."""
    touches: float = 11.38
    """Events of a visit before any purchase, mean (geometric); matched to CJ's 8.20 categories a basket."""
    behavior_mix: tuple[float, float, float, float] = (0.8919, 0.0308, 0.0550, 0.0223)
    """Of views, favourites, carts, purchases; Taobao, measured. The last gives the base conversion."""

    # Tastes.
    categories: int = 299
    """Of an industry; CJ, measured."""
    popularity_spread: float = 1.98
    """Standard deviation of log popularity over categories; CJ, measured."""
    stock_spread: float = 0.38
    """Standard deviation over shops of a category's log share; CJ stores, measured."""
    factors: int = 3
    """That tastes differ by; matched to CJ's ratio of bits by k-means with k = 24 and 8, .090/.074."""
    spread: float = 0.562
    """Standard deviation of log-odds that factors give a category; matched to CJ's .074 bits, k-means, 8."""
    own_spread: float = 0.914
    """The same of a visitor's own, apart from factors; matched to CJ's bits of own preferences, frozen."""
    demographics: float = 0.099
    """Share of the factors' variance that age and income explain; matched to CJ's .042 bits, age × income."""

    # Drift.
    drifting: float = 0.23
    """Share of the factors' variance that comes and goes with `drift_days`; CJ, measured."""
    drift_days: float = 66.0
    """Half-life of its autocorrelation; CJ, measured."""
    passing: float = 0.03
    """Share that comes and goes within `passing_days`; CJ, measured."""
    passing_days: float = 2.0
    """Half-life of that; CJ, measured only as "gone within a week"."""

    # Layouts.
    layouts: int = 4
    """Of a shop; assumed."""
    effect: float = MIDDLE
    """Log-odds of conversion that one standard deviation of a layout's fit to a taste brings; assumed."""

    @property
    def conversion(self) -> float:
        """Base rate a visit: purchases have their share of all events."""
        purchases = self.behavior_mix[3]
        return self.touches * purchases / (1 - purchases)

    @property
    def lasting(self) -> float:
        """Share of the factors' variance that stays."""
        return 1 - self.drifting - self.passing
