"""Many messages at once: what their bytes alone say, before anything is looked for in each. No Flink here."""

from collections.abc import Sequence
from typing import Any

import numpy as np

Counts = np.ndarray[Any, np.dtype[np.int64]]
Mask = np.ndarray[Any, np.dtype[np.bool_]]

COLON, BACKSLASH, DELETE = b":\\\x7f"


def look_at_bytes(messages: Sequence[bytes]) -> tuple[Counts, Counts, Mask]:
    """Bytes and colons (n,) of each message; and whether it is plain (n,).

    Plain: no character outside ASCII, nothing escaped: what could be a control character would have to be.
    """
    lengths = np.fromiter(map(len, messages), np.int64, len(messages))
    data, ends = np.frombuffer(b"".join(messages), np.uint8), np.cumsum(lengths)
    colons = _counts(data == COLON, ends)
    return lengths, colons, _counts((data == BACKSLASH) | (data >= DELETE), ends) == 0


def _counts(found: Mask, ends: Counts) -> Counts:
    counts: Counts = np.diff(np.searchsorted(np.flatnonzero(found), ends), prepend=0)
    return counts
