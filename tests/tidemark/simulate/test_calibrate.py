"""What the calibration measures is what a world of known parameters has."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tidemark.evaluate.baskets import Baskets
from tidemark.simulate.calibrate import behavior_mix, drift, simulated_year
from tidemark.simulate.measures import own_bits
from tidemark.simulate.parameters import Parameters

CLEAR = Parameters(categories=60, spread=1.5, own_spread=0.1, visits_a_week=1.0, popularity_spread=0.5)


def year(parameters: Parameters) -> Baskets:
    return simulated_year(parameters, seed=3)[0]


def test_tastes_that_last_are_found_to_last() -> None:
    found = drift(year(replace(CLEAR, drifting=0.0, passing=0.0)))
    assert found["lasting"] + found["drifting"] > 0.97
    assert found["passing"] < 0.03


def test_the_share_that_drifts_is_found() -> None:
    found = drift(year(replace(CLEAR, drifting=0.5, drift_days=40.0, passing=0.0)))
    assert found["drifting"] == pytest.approx(0.5, abs=0.1)
    assert found["drift_days"] == pytest.approx(40.0, rel=0.35)


def test_own_bits_grow_with_what_is_a_visitors_own() -> None:
    none, much = (own_bits(year(replace(CLEAR, spread=0.0, own_spread=own))) for own in (0.0, 1.0))
    assert none < 0.0 < much  # shrinkage costs a little where there is nothing to know


def test_the_mix_of_behaviours_is_that_of_the_file(tmp_path: Path) -> None:
    rows = ["1,2,3,pv,1511539200", "1,2,3,buy,1511539201", "1,2,3,pv,1511539202", "1,2,3,cart,1511539203"]
    file = tmp_path / "rows.csv"
    file.write_text("\n".join(rows) + "\n")
    assert behavior_mix(file) == {"view": 0.5, "purchase": 0.25, "cart": 0.25}


def test_a_simulated_year_has_the_visits_that_its_parameters_say() -> None:
    baskets = year(CLEAR)
    visits = len(np.unique(baskets.basket))
    assert visits == pytest.approx(len(baskets.households) * 365 / 7, rel=0.07)
