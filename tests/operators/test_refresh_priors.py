"""The timers of the priors."""

from typing import Any

from operators.refresh_priors import END_OF_INPUT, RefreshPriors
from schemas.preference_priors import FacetPrior, PreferenceSample, SampleBuilder
from schemas.preferences import Horizon, PreferenceSchema, pack

SCHEMA = PreferenceSchema("tm", 1, (Horizon("live", 1000),), (("category", "c"),), ttl_s=1)


class Store:
    """Two visitors in, what was published out."""

    def __init__(self) -> None:
        self.published: list[dict[str, FacetPrior]] = []
        self.metrics: Any = None

    def open(self, metrics: Any) -> None:
        self.metrics = metrics

    def close(self) -> None:
        self.metrics = None

    def read_sample(self) -> PreferenceSample:
        builder = SampleBuilder(SCHEMA)
        builder.add([{b"c": pack(1.0), b"c:tea": pack(0.0), b"c:soap": pack(0.0)}, {}])
        return builder.sample()

    def publish(self, priors: dict[str, FacetPrior]) -> None:
        self.published.append(priors)


class Context:
    """Flink's context and timer service; timers are sets, as in Flink."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms
        self.processing_time_timers: set[int] = set()
        self.event_time_timers: set[int] = set()

    def timer_service(self) -> "Context":
        return self

    def current_processing_time(self) -> int:
        return self.now_ms

    def register_processing_time_timer(self, timestamp: int) -> None:
        self.processing_time_timers.add(timestamp)

    def register_event_time_timer(self, timestamp: int) -> None:
        self.event_time_timers.add(timestamp)


def test_bundles_of_one_minute_set_one_timer_at_its_end() -> None:
    refresh, context = RefreshPriors(Store()), Context(60_000)
    for now_ms in (60_000, 60_001, 119_999):
        context.now_ms = now_ms
        refresh.process_element(1, context)
    assert context.processing_time_timers == {120_000}


def test_the_end_of_a_bounded_input_refreshes_once_more() -> None:
    context = Context(5)
    RefreshPriors(Store()).process_element(1, context)
    assert context.event_time_timers == {END_OF_INPUT}
    assert END_OF_INPUT < 2**63 - 1


def test_a_timer_publishes_the_prior_of_each_facet_and_counts_its_values() -> None:
    store = Store()
    assert list(RefreshPriors(store).on_timer(60_000, Context(0))) == [2]
    assert store.published[0]["category"].values == [b"soap", b"tea"]


def test_the_store_is_open_while_the_operator_is() -> None:
    store = Store()
    refresh = RefreshPriors(store)

    class RuntimeContext:
        def get_metrics_group(self) -> str:
            return "metrics"

    refresh.open(RuntimeContext())
    assert store.metrics == "metrics"
    refresh.close()
    assert store.metrics is None
