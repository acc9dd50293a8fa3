"""What a configuration may be, and what follows from it."""

import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from flink_jobs.config import SHORTEST_HALF_LIFE, RunConfig, VisitorPreferencesConfig
from flink_jobs.durations import milliseconds, parse_duration

LAST_MS = 4_102_444_800_000  # 2100-01-01


@given(half_life_s=st.integers(int(SHORTEST_HALF_LIFE.total_seconds()), 10**8), t_ms=st.integers(0, LAST_MS))
def test_the_shortest_half_life_keeps_a_value_exact_to_one_in_a_billion(half_life_s: int, t_ms: int) -> None:
    h = 1000 * half_life_s
    for s in (1.0, 1.1, 3.7):
        x = math.log2(s) + t_ms / h
        assert 2.0 ** (x - t_ms / h) == pytest.approx(s, rel=1e-9)


def test_names_half_lives_and_codes_reach_redis_in_order() -> None:
    schema = VisitorPreferencesConfig().redis_schema
    assert [(h.name, h.half_life_ms) for h in schema.horizons] == [
        ("live", 1_800_000),
        ("recent", 604_800_000),
        ("long", 7_776_000_000),
    ]
    assert schema.facets == (("category", "c"), ("brand", "b"), ("price_band", "p"))
    assert schema.ttl_s == 900 * 86_400


def test_retention_may_be_given_and_must_outlive_the_horizons() -> None:
    config = VisitorPreferencesConfig(retention=timedelta(days=365))
    assert config.redis_schema.ttl_s == 365 * 86_400
    with pytest.raises(ValidationError, match="shorter than the longest half-life"):
        VisitorPreferencesConfig(retention=timedelta(days=1))


def test_the_environment_configures_and_lists_are_json(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIDEMARK_PREFERENCES_HORIZONS", '{"day":"1 d"}')
    monkeypatch.setenv("TIDEMARK_PREFERENCES_FACETS", '["item"]')
    monkeypatch.setenv("TIDEMARK_KAFKA", "kafka:1")
    config = VisitorPreferencesConfig()
    assert config.half_lives_ms == (86_400_000,)
    assert config.facets == ("item",)
    assert str(config.source("g").kafka) == "kafka:1"


@pytest.mark.parametrize("namespace", ["", "a b", "a{b", "a:b"])
def test_a_namespace_cannot_break_the_keys(namespace: str) -> None:
    with pytest.raises(ValidationError):
        RunConfig(namespace=namespace)


@pytest.mark.parametrize(
    ("text", "ms"), [("30 min", 1_800_000), ("7 d", 604_800_000), ("PT30M", 1_800_000), ("100 ms", 100)]
)
def test_durations_read_as_people_write_them(text: str, ms: int) -> None:
    assert milliseconds(parse_duration(text)) == ms


@pytest.mark.parametrize("text", ["soon", "-7 d", "0 s", ""])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no duration|is not above zero"):
        parse_duration(text)
