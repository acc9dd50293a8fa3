"""The timers of the priors."""

from collections.abc import Iterator
from typing import Any

from operators.preferences.refresh_priors import END_OF_INPUT, RefreshPriors
from schemas.preference_choices import FacetChoices
from schemas.preference_priors import FacetPrior
from schemas.preferences import Horizon, PreferenceSchema, pack
from tests.operators.keyed_state import Entries, Values

SCHEMA = PreferenceSchema("tm", 1, (Horizon("live", 1000),), (("category", "c"),), ttl_s=1)


class Store:
    """Two visitors in, what was published out."""

    def __init__(self) -> None:
        self.published: list[tuple[dict[str, FacetPrior], dict[str, FacetChoices]]] = []
        self.metrics: Any = None

    def open(self, metrics: Any) -> None:
        self.metrics = metrics

    def close(self) -> None:
        self.metrics = None

    def read_sample(self) -> Iterator[list[tuple[str, dict[bytes, bytes]]]]:
        numbers = {b"c": pack(1.0), b"c:tea": pack(0.0), b"c:soap": pack(0.0)}
        yield [("ann", {b"!at": b"0", b"!since": b"0", **numbers}), ("gone", {})]
        yield [("bob", {b"!at": b"9", b"!since": b"0", **numbers})]

    def publish(self, priors: dict[str, FacetPrior], choices: dict[str, FacetChoices]) -> None:
        self.published.append((priors, choices))


class RuntimeContext:
    """What an operator is opened with."""

    def get_metrics_group(self) -> str:
        return "metrics"

    def get_map_state(self, descriptor: object) -> Entries:  # noqa: ARG002
        return Entries()

    def get_state(self, descriptor: object) -> Values:  # noqa: ARG002
        return Values()


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
    refresh, context = RefreshPriors(Store(), SCHEMA), Context(60_000)
    for now_ms in (60_000, 60_001, 119_999):
        context.now_ms = now_ms
        refresh.process_element(1, context)
    assert context.processing_time_timers == {120_000}


def test_the_end_of_a_bounded_input_refreshes_once_more() -> None:
    context = Context(5)
    RefreshPriors(Store(), SCHEMA).process_element(1, context)
    assert context.event_time_timers == {END_OF_INPUT}
    assert END_OF_INPUT < 2**63 - 1


def test_a_timer_publishes_prior_and_choices_of_each_facet_and_counts_the_priors_values() -> None:
    store = Store()
    refresh = RefreshPriors(store, SCHEMA)
    refresh.open(RuntimeContext())
    assert list(refresh.on_timer(60_000, Context(0))) == [2]
    priors, choices = store.published[0]
    assert priors["category"].values == choices["category"].values == [b"soap", b"tea"]
    assert priors["category"].visitors == 2


def test_the_store_is_open_while_the_operator_is() -> None:
    store = Store()
    refresh = RefreshPriors(store, SCHEMA)
    refresh.open(RuntimeContext())
    assert store.metrics == "metrics"
    refresh.close()
    assert store.metrics is None
