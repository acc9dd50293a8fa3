"""Hypothesis strategies for events that may enter."""

from typing import Any

from hypothesis import strategies as st

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
