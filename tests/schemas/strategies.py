"""Hypothesis strategies for events that may enter."""

from typing import Any

from hypothesis import strategies as st

from schemas.avro import Schema
from schemas.behaviors import BEHAVIORS, END_OF_TIME_MS, MAX_STRING_BYTES

texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=40)
long_texts = texts.map(
    lambda text: (text * MAX_STRING_BYTES).encode()[:MAX_STRING_BYTES].decode(errors="ignore")
)
names = texts | long_texts
amounts = st.none() | st.floats(min_value=0, allow_nan=False, allow_infinity=False)


def behaviors() -> st.SearchStrategy[dict[str, Any]]:
    """Valid behaviours in schema order, any script, up to the longest strings."""
    return st.fixed_dictionaries(
        {
            "event_id": names,
            "visitor_id": names,
            "shop_id": names,
            "industry": names,
            "item_id": names,
            "category": names,
            "brand": st.none() | names,
            "price": amounts,
            "quantity": amounts,
            "behavior": st.sampled_from(BEHAVIORS),
            "event_time": st.integers(1, END_OF_TIME_MS - 1),
        }
    )


def events(schema: Schema) -> st.SearchStrategy[dict[str, Any]]:
    """Valid events of any schema, from its types and bounds."""
    return st.fixed_dictionaries({field["name"]: _values(field["type"], field) for field in schema.fields})


def _values(of: Any, field: dict[str, Any]) -> st.SearchStrategy[Any]:
    if isinstance(of, list):
        return st.none() | _values(of[1], field)
    if of == "string":
        return _texts(field)
    if isinstance(of, dict) and of["type"] == "array":
        return st.lists(_values(of["items"], field), max_size=5)
    if isinstance(of, dict) and of["type"] == "map":
        return st.dictionaries(_texts(field), _values(of["values"], field), max_size=5)
    if isinstance(of, dict):
        return st.integers(1, END_OF_TIME_MS - 1)
    low, high = field.get("minimum", field.get("above")), field.get("maximum")
    if of == "int":
        return st.integers(low, high)
    return st.floats(low, high, exclude_min="above" in field, allow_nan=False, allow_infinity=False)


def _texts(field: dict[str, Any]) -> st.SearchStrategy[str]:
    if "choices" in field:
        return st.sampled_from(field["choices"])
    ids = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), min_size=1, max_size=8)
    return ids if field.get("max_bytes", MAX_STRING_BYTES) < MAX_STRING_BYTES else ids | plain_long_texts


plain_long_texts = st.sampled_from(["x" * MAX_STRING_BYTES, "漢" * (MAX_STRING_BYTES // 3)])
