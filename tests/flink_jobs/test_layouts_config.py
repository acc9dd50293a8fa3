"""Settings of the layout bandit, as a part of its job's."""

import json
from datetime import timedelta

import pytest
from pydantic import ValidationError

from flink_jobs.segments_config import SegmentsConfig
from operators.maths.layouts.layout_bandit import BanditSettings

VARIABLE = "TIDEMARK_SEGMENTS_LAYOUTS"


def test_defaults_are_those_of_the_maths_but_for_the_draws() -> None:
    found, plain = SegmentsConfig().layouts.bandit, BanditSettings()
    assert vars(found) | {"draws": plain.draws} == vars(plain)
    assert SegmentsConfig().layouts.attribution_window == timedelta(minutes=30)


def test_one_variable_holds_what_differs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, json.dumps({"reward": "revenue", "half_life": "2 d", "topic": "t.layouts"}))
    config = SegmentsConfig()
    assert config.layouts.by_revenue
    assert config.layouts.bandit.half_life_ms == 2 * 86_400_000
    assert config.layouts.retention_ms == 20 * 86_400_000
    assert config.shop_layouts("g").topic == "t.layouts"
    assert config.exposures("g").topic == "exposures.v2"


def test_what_shops_offer_is_read_from_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_START", "latest")
    config = SegmentsConfig()
    assert (config.exposures("g").start, config.shop_layouts("g").start) == ("latest", "earliest")


@pytest.mark.parametrize(
    ("layouts", "reason"),
    [
        ({"attribution_window": "25 h"}, "longer than"),
        ({"attribution_window": "0 s"}, "not above zero"),
        ({"reward": "clicks"}, "'conversions' or 'revenue'"),
        ({"floor": 0.5}, "less than 0.5"),
        ({"half_lives": "7 d"}, "half_lives"),
    ],
)
def test_what_is_wrong_is_said(
    monkeypatch: pytest.MonkeyPatch, layouts: dict[str, object], reason: str
) -> None:
    monkeypatch.setenv(VARIABLE, json.dumps(layouts))
    with pytest.raises(ValidationError, match=reason):
        SegmentsConfig()
