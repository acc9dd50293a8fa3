"""Estimates the priors of preferences now and then, while there is something new."""

from collections.abc import Iterator
from typing import Any, Protocol

from pyflink.datastream import KeyedProcessFunction, RuntimeContext

from operators.maths.gamma_poisson import fit_priors
from schemas.preference_priors import FacetPrior, PreferenceSample

END_OF_INPUT = 2**63 - 2
"""No event reaches it: a timer here fires when a bounded input ends, and only then."""


class PriorStore(Protocol):
    """Where the sample is read and the priors are published; both wait until it answers."""

    def open(self, metrics: Any) -> None: ...
    def close(self) -> None: ...
    def read_sample(self) -> PreferenceSample: ...
    def publish(self, priors: dict[str, FacetPrior]) -> None: ...


class RefreshPriors(KeyedProcessFunction):  # type: ignore[misc]
    """Per constant key: at the next full period after anything was written, fit and publish the priors.

    The timers are all the state there is: registered twice, one fires once. Yields the count of
    published values.
    """

    def __init__(self, store: PriorStore, every_ms: int = 60_000) -> None:
        self._store, self._every_ms = store, every_ms

    def open(self, runtime_context: RuntimeContext) -> None:
        self._store.open(runtime_context.get_metrics_group())

    def close(self) -> None:
        self._store.close()

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:  # noqa: ARG002
        timers = ctx.timer_service()
        now_ms = timers.current_processing_time()
        timers.register_processing_time_timer((now_ms // self._every_ms + 1) * self._every_ms)
        timers.register_event_time_timer(END_OF_INPUT)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[int]:  # noqa: ARG002
        priors = fit_priors(self._store.read_sample())
        self._store.publish(priors)
        yield sum(len(prior.values) for prior in priors.values())
