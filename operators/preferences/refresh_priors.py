"""Estimates the priors of preferences now and then, while there is something new."""

from collections.abc import Iterator
from typing import Any, Protocol

from pyflink.common import Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import MapStateDescriptor, ValueStateDescriptor

from operators.maths.gamma_poisson import fit_priors
from operators.maths.preferences.choice_model import ChoiceSettings
from operators.preferences.learn_choices import Fields, LearnChoices
from schemas.preference_choices import FacetChoices
from schemas.preference_priors import FacetPrior, SampleBuilder
from schemas.preferences import PreferenceSchema
from workers.prepare_worker import prepare_worker

END_OF_INPUT = 2**63 - 2
"""No event reaches it: a timer here fires when a bounded input ends, and only then."""


class PriorStore(Protocol):
    """Where the sample is read and what it gives is published; both wait until it answers."""

    def open(self, metrics: Any) -> None: ...
    def close(self) -> None: ...
    def read_sample(self) -> Iterator[list[tuple[str, Fields]]]: ...
    def publish(self, priors: dict[str, FacetPrior], choices: dict[str, FacetChoices]) -> None: ...


class RefreshPriors(KeyedProcessFunction):  # type: ignore[misc]
    """Per constant key: at the next full period after anything was written, look at the sample of visitors.

    Priors are fitted anew and need no state but the timers: registered twice, one fires once. What visitors
    choose next is learned from what changed since the last look, see `LearnChoices`. Yields the count of
    published values.
    """

    def __init__(
        self,
        store: PriorStore,
        schema: PreferenceSchema,
        every_ms: int = 60_000,
        settings: ChoiceSettings | None = None,
    ) -> None:
        self._store, self._schema, self._every_ms = store, schema, every_ms
        self._settings = settings or ChoiceSettings()

    def open(self, runtime_context: RuntimeContext) -> None:
        prepare_worker()
        self._store.open(runtime_context.get_metrics_group())
        blob, text = Types.PRIMITIVE_ARRAY(Types.BYTE()), Types.STRING()
        self._models = runtime_context.get_map_state(MapStateDescriptor("choice-models", text, blob))
        self._snapshots = runtime_context.get_map_state(MapStateDescriptor("snapshots", text, blob))
        self._index = runtime_context.get_state(ValueStateDescriptor("sample-index", blob))

    def close(self) -> None:
        self._store.close()

    def process_element(self, value: Any, ctx: KeyedProcessFunction.Context) -> None:  # noqa: ARG002
        timers = ctx.timer_service()
        now_ms = timers.current_processing_time()
        timers.register_processing_time_timer((now_ms // self._every_ms + 1) * self._every_ms)
        timers.register_event_time_timer(END_OF_INPUT)

    def on_timer(self, timestamp: int, ctx: KeyedProcessFunction.OnTimerContext) -> Iterator[int]:  # noqa: ARG002
        sample = SampleBuilder(self._schema)
        look = LearnChoices(self._schema, self._settings, self._models, self._snapshots, self._index)
        for visitors in self._store.read_sample():
            sample.add(fields for _, fields in visitors)
            look.see(visitors)
        priors = fit_priors(sample.sample())
        self._store.publish(priors, look.end(priors))
        yield sum(len(prior.values) for prior in priors.values())
