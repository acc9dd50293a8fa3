"""Which generations Redis holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.preferences import retired_key, served_key
from tests.tidemark.generations_in_redis import schema, write
from tidemark.errors import UserError
from tidemark.generations import configured, find_generations, walked


def test_generations_are_listed_with_their_visitors(redis: Any) -> None:
    write(redis, schema(1), {"ann": {"c:tea": 1}, "a}:preferences:2": {"c:tea": 1}})
    write(redis, schema(2), {f"visitor {i}": {"c:tea": 1} for i in range(5000)})
    write(redis, schema(3, namespace="other"), {"ann": {"c:tea": 1}})
    redis.delete(schema(1).config_key)
    redis.set(served_key("tm"), 2)
    redis.hset(retired_key("tm"), 1, 42)
    parts: list[float] = []
    first, second = find_generations(redis, "tm", parts.append)
    assert (first.number, first.visitors, first.schema, first.served, first.gone_at_ms) == (
        1,
        2,
        None,
        False,
        42,
    )
    assert (second.number, second.visitors, second.schema) == (2, 5000, schema(2))
    assert (second.served, second.gone_at_ms) == (True, None)
    assert parts == sorted(parts), "the bar goes back"
    assert parts[-1] == 1
    assert len(parts) > 2


def test_a_namespace_is_no_pattern(redis: Any) -> None:
    write(redis, schema(1, namespace="tm"), {"ann": {"c:tea": 1}})
    assert find_generations(redis, "t*", lambda _: None) == []
    write(redis, schema(1, namespace="t*[m]?"), {"ann": {"c:tea": 1}})
    (found,) = find_generations(redis, "t*[m]?", lambda _: None)
    assert found.visitors == 1


def test_an_unknown_generation_names_those_that_are_there(redis: Any) -> None:
    with pytest.raises(UserError, match="no generation 1 in namespace tm; it holds none"):
        configured(redis, "tm", 1)
    for generation in (2, 11):
        write(redis, schema(generation), {})
    with pytest.raises(UserError, match="there is 2, 11"):
        configured(redis, "tm", 1)


@given(bits=st.integers(1, 20), data=st.data())
def test_a_cursor_says_which_part_is_behind_it(bits: int, data: st.DataObject) -> None:
    """SCAN counts the buckets of a table of 2^bits with the bits of their numbers reversed."""
    behind = data.draw(st.integers(0, 2**bits - 1))
    cursor = int(f"{behind:0{bits}b}"[::-1], 2)
    assert walked(cursor) == behind / 2**bits
