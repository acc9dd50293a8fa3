"""Durations as people write them: `30 min`, `7 d`, or ISO 8601."""

from datetime import timedelta
from typing import Annotated, Any

import pandas as pd
from pydantic import BeforeValidator


def parse_duration(text: Any) -> Any:
    """A positive `timedelta` from `30 min`, `7 d`, `PT30M`; anything but a string is left to pydantic."""
    if not isinstance(text, str):
        return text
    duration = pd.to_timedelta(text, errors="coerce")
    if pd.isna(duration):
        raise ValueError(f"{text!r} is no duration; write `30 min`, `7 d` or `PT30M`")
    if duration <= timedelta(0):
        raise ValueError(f"{text!r} is not above zero")
    return duration.to_pytimedelta()


Duration = Annotated[timedelta, BeforeValidator(parse_duration)]


def milliseconds(duration: timedelta) -> int:
    """Whole milliseconds."""
    return duration // timedelta(milliseconds=1)
