"""What two generations differ in, against figures worked out by hand."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.preferences import Horizon
from tests.tidemark.generations_in_redis import AT_MS, DAY_MS, HOUR_MS, fields, schema, write
from tidemark.compare import Comparison, compare, top_overlap
from tidemark.errors import UserError


def compared(redis: Any, sample: int | None = None) -> Comparison:
    return compare(redis, "tm", 1, 2, sample, lambda _: None)


def test_the_same_twice_differs_in_nothing(redis: Any) -> None:
    visitors = {f"v{i}": {"c": 3, "c:tea": 2, "c:jam": 1, "b:x": i + 1} for i in range(250)}
    for generation in (1, 2):
        write(redis, schema(generation), visitors)
    found = compared(redis)
    assert (found.both, found.only_old, found.only_new, found.layout) == (250, 0, 0, [])
    assert (found.compared, found.differing) == (250, 0)
    for facet, values in (("category", 500), ("brand", 250)):
        for horizon in found.facets[facet].horizons.values():
            assert (horizon.values, horizon.differing, horizon.greatest) == (values, 0, 0)
            assert (horizon.visitors, horizon.overlap) == (250, 250)


def test_visitors_and_values_in_one_only_are_counted_and_the_others_differences_measured(redis: Any) -> None:
    write(
        redis,
        schema(1),
        {"ann": {"c:tea": 4, "c:jam": 2, "c:salt": 1}, "bob": {"c:tea": 1}, "old": {"c:a": 1}},
    )
    write(
        redis,
        schema(2),
        {"ann": {"c:tea": 1, "c:jam": 2, "c:oil": 9}, "bob": {"c:tea": 1}, "new": {"b:a": 1}},
    )
    found = compared(redis)
    assert (found.both, found.only_old, found.only_new) == (2, 1, 1)
    assert (found.compared, found.differing) == (2, 1)
    category = found.facets["category"]
    assert (category.only_old, category.only_new) == (1, 1)
    for horizon in category.horizons.values():
        assert (horizon.values, horizon.differing, horizon.visitors) == (3, 1, 2)
        assert horizon.relative == pytest.approx(0.75)  # 4 -> 1
        assert horizon.greatest == pytest.approx(0.75)
        assert horizon.log2_ratio == pytest.approx(-2)
        assert horizon.overlap == pytest.approx(2 / 3 + 1)
    assert found.facets["brand"].horizons["day"].visitors == 0


def test_another_half_life_is_compared_as_of_the_latest_event_and_the_layout_is_told(redis: Any) -> None:
    old = schema(1)
    new = schema(
        2,
        horizons=(Horizon("week", 7 * DAY_MS), Horizon("day", 2 * DAY_MS)),
        facets=(("shop", "s"), ("category", "k")),
        ttl_s=77,
    )
    write(redis, old, {"ann": {"c:tea": 3}})
    write(redis, new, {})
    redis.hset(new.visitor_key("ann"), mapping=fields(new, {"k:tea": 3}, AT_MS + 2 * DAY_MS))
    found = compared(redis)
    assert found.layout == [
        f"horizon hour: {HOUR_MS} ms -> absent",
        f"horizon day: {DAY_MS} ms -> {2 * DAY_MS} ms",
        f"horizon week: absent -> {7 * DAY_MS} ms",
        "facet brand: there -> absent",
        "facet shop: absent -> there",
        "limit ttl_s: 864000 -> 77",
    ]
    assert list(found.facets) == ["category"]
    assert list(found.facets["category"].horizons) == ["day"]
    day = found.facets["category"].horizons["day"]  # two days later the old 3 has become 3/4
    assert (day.values, day.differing) == (1, 1)
    assert day.log2_ratio == pytest.approx(2)


def test_a_sample_is_of_that_many_visitors_and_the_same_each_time(redis: Any) -> None:
    write(redis, schema(1), {f"v{i}": {"c:tea": 1} for i in range(300)})
    write(redis, schema(2), {f"v{i}": {"c:tea": 1 + i % 2} for i in range(300)})
    found = compared(redis, sample=20)
    assert (found.both, found.compared) == (300, 20)
    assert found == compared(redis, sample=20)
    assert 1 < found.differing < 19
    assert compared(redis, sample=1000) == compared(redis)


def test_an_unknown_generation_is_said(redis: Any) -> None:
    write(redis, schema(1), {})
    with pytest.raises(UserError, match="no generation 2"):
        compared(redis)


def numbers() -> st.SearchStrategy[dict[bytes, float]]:
    return st.dictionaries(st.binary(max_size=1), st.integers(0, 3).map(float), max_size=30)


@given(values=numbers())
def test_everybody_overlaps_with_themselves(values: dict[bytes, float]) -> None:
    assert top_overlap(values, values) == (1.0 if values else 0.0)


@given(old=numbers(), new=numbers())
def test_an_overlap_is_a_part(old: dict[bytes, float], new: dict[bytes, float]) -> None:
    assert 0 <= top_overlap(old, new) <= 1


def test_which_of_equals_is_among_the_ten_does_not_matter() -> None:
    old = {bytes([i]): 1.0 for i in range(20)}
    noisy = {value: number + 1e-9 * math.sin(value[0]) for value, number in old.items()}
    assert top_overlap(old, noisy) == 1
    assert top_overlap({b"a": 1.0}, {b"b": 1.0}) == 0
    assert top_overlap({b"a": 1.0, b"b": 1.0}, {b"b": 1.0}) == 0.5
