"""Shops of several industries: how large, what they stock, and the layouts each can show."""

from dataclasses import dataclass

import numpy as np

from tidemark.simulate.parameters import Parameters
from tidemark.simulate.tastes import Floats, Ints


@dataclass(frozen=True)
class Shops:
    """B shops. industry : (B,). size : (B,) shares of visitors. sales : (B, C) shares of categories.

    layouts : (B, L, F) unit directions among the factors of taste: what each layout suits.
    """

    industry: Ints
    size: Floats
    sales: Floats
    layouts: Floats

    @classmethod
    def draw(cls, p: Parameters, random: np.random.Generator) -> "Shops":
        industry = np.arange(p.shops) % p.industries
        size = 1.0 / (1 + np.arange(p.shops) // p.industries)
        popularity = p.popularity_spread * random.standard_normal((p.industries, p.categories))
        stock = p.stock_spread * random.standard_normal((p.shops, p.categories))
        sales = np.exp(popularity[industry] + stock)
        directions = random.standard_normal((p.shops, p.layouts, p.factors))
        return cls(
            industry,
            size / size.sum(),
            sales / sales.sum(axis=1, keepdims=True),
            directions / np.linalg.norm(directions, axis=2, keepdims=True),
        )

    def conversion(self, base: float, effect: float, shop: Ints, taste: Floats) -> Floats:
        """(n, L): probability that a visit with `taste` (n, F) at `shop` (n,) converts under each layout.

        Log-odds of the base rate plus `effect` a standard deviation of fit; over visitors and layouts the
        fit has mean 0 and variance 1.
        """
        fit = np.einsum("nf,nlf->nl", taste, self.layouts[shop])
        return np.asarray(1 / (1 + np.exp(-np.log(base / (1 - base)) - effect * fit)))
