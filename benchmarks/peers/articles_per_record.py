"""Click models as a textbook job in thread mode: `flink run --python articles_per_record.py ARGUMENTS`.

One Python call an event to join an impression with its click, in event time; one an outcome for the model of
its article (river's LogisticRegression, pickled in keyed state); one write each, else Flink's defaults.
"""

import json
from math import log, log1p
from typing import Any

import redis
from pyflink.common import Row, Types
from pyflink.datastream import KeyedProcessFunction, RuntimeContext
from pyflink.datastream.state import ValueStateDescriptor
from river import linear_model, optim, preprocessing

from benchmarks.peers.arguments import Arguments, parse
from benchmarks.peers.flink_table import attached

NAME = "articles_per_record"
WINDOW_MS = 300_000
LATE_S = 10
COLUMNS = (
    "list_id",
    "article_id",
    "kind",
    "list_length",
    "CARDINALITY(recent_articles) AS history",
    "event_time",
)
OUTCOME = Types.ROW([Types.STRING(), Types.INT(), Types.INT(), Types.LONG(), Types.BOOLEAN()])


class Labels(KeyedProcessFunction):  # type: ignore[misc]
    """Event by event: an impression waits for its click until the window is over."""

    def open(self, runtime_context: RuntimeContext) -> None:
        descriptor = ValueStateDescriptor("shown", Types.PICKLED_BYTE_ARRAY())
        self._shown = runtime_context.get_state(descriptor)
        self._clicked = runtime_context.get_state(ValueStateDescriptor("clicked", Types.BOOLEAN()))

    def process_element(self, value: Any, ctx: "KeyedProcessFunction.Context") -> Any:
        _, article, kind, length, history, at_ms = value
        if kind == "click":
            self._clicked.update(True)
        elif self._shown.value() is None:
            self._shown.update((article, length, history, at_ms))
            ctx.timer_service().register_event_time_timer(at_ms + WINDOW_MS)
        yield from ()

    def on_timer(self, timestamp: int, ctx: "KeyedProcessFunction.OnTimerContext") -> Any:  # noqa: ARG002
        yield Row(*self._shown.value(), self._clicked.value() is not None)
        self._shown.clear()
        self._clicked.clear()


class Models(KeyedProcessFunction):  # type: ignore[misc]
    """Outcome by outcome: predict, let the article's model learn, write its score."""

    def __init__(self, arguments: Arguments) -> None:
        self._url = arguments.redis

    def open(self, runtime_context: RuntimeContext) -> None:
        descriptor = ValueStateDescriptor("model", Types.PICKLED_BYTE_ARRAY())
        self._model = runtime_context.get_state(descriptor)
        self._redis: Any = redis.Redis.from_url(self._url)

    def process_element(self, value: Any, ctx: "KeyedProcessFunction.Context") -> Any:  # noqa: ARG002
        article, length, history, at_ms, clicked = value
        model, learnt, clicks = self._model.value() or (_fresh(), 0, 0)
        features = {
            "length": log(length),
            "history": log1p(history),
            "hour": at_ms // 3_600_000 % 24,
            "rate": log((clicks + 1) / (learnt + 20)),
            "shown": log1p(learnt),
        }
        p = model.predict_proba_one(features)[True]
        model.learn_one(features, clicked)
        self._model.update((model, learnt + 1, clicks + clicked))
        said = json.dumps({"score": p, "learnt": learnt + 1, "at_ms": at_ms})
        self._redis.hset(NAME, article, said)
        yield article


def _fresh() -> Any:
    return preprocessing.StandardScaler() | linear_model.LogisticRegression(optimizer=optim.SGD(0.05))


def main() -> None:
    """Submit it."""
    arguments = parse()
    tables, events = attached(arguments, NAME, {"python.execution-mode": "thread"}, "feedback", LATE_S)
    rows = tables.to_data_stream(tables.sql_query(f"SELECT {', '.join(COLUMNS)} FROM {events}"))
    written = (
        rows.key_by(lambda row: row[0] + row[1], key_type=Types.STRING())
        .process(Labels(), output_type=OUTCOME)
        .key_by(lambda row: row[0], key_type=Types.STRING())
        .process(Models(arguments), output_type=Types.STRING())
    )
    tables.execute_sql("CREATE TABLE void (article STRING) WITH ('connector' = 'blackhole')")
    tables.from_data_stream(written).execute_insert("void")


if __name__ == "__main__":
    main()
