"""How much of a worker's time refits may take."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class RefitBudget:
    """A refit that took d seconds is followed by no other for d/share.

    All shards of a worker share it, so that refits hold up no batch for long, however many shops are due: in
    a backfill that is nearly all of them all the time. Nothing is lost with the worker.
    """

    def __init__(self, share: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._share, self._clock, self._from_s = share, clock, -float("inf")

    def is_open(self) -> bool:
        return self._clock() >= self._from_s

    @contextmanager
    def spent(self) -> Iterator[None]:
        """Around a refit."""
        start_s = self._clock()
        yield
        end_s = self._clock()
        self._from_s = end_s + (end_s - start_s) / self._share
