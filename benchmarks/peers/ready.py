"""When a peer got its first event: said on its output, so that starting up can be told from working."""

import time
from functools import cache


@cache
def first_event() -> None:
    """Say it, at the first call only."""
    print(f"first event at {time.time():.3f}", flush=True)
