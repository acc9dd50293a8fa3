"""The sink of the job `visitor_preferences`."""

import time
from itertools import repeat
from typing import TYPE_CHECKING, Any

from pyflink.table.udf import FunctionContext

from schemas.preferences import PreferenceSchema
from sink_connectors.redis_sink import VisitorSink

if TYPE_CHECKING:
    from sink_connectors.preference_commands import Latest


class WritePreferences(VisitorSink[PreferenceSchema]):
    """(visitors, when the broker took each event in epoch ms, one column a facet, packed) -> BIGINT."""

    def open(self, function_context: FunctionContext) -> None:
        metrics = function_context.get_metric_group()
        self._erasures = metrics.counter("erasures")
        self._rows_a_bundle = metrics.distribution("rows_a_bundle")
        self._write_ms = metrics.distribution("redis_write_ms")
        # Prometheus sees no distribution of Python's: over the count of bundles, this is the mean.
        self._writing_us = metrics.counter("redis_writing_us")
        super().open(function_context)
        self._sampled_below = 1.0

    def _prepare(self) -> None:
        from sink_connectors.prepare import prepare

        prepare(self._redis, self._schema)
        super()._prepare()

    def eval(self, visitors: Any, appended_ms: Any, *columns: Any) -> Any:
        import numpy as np
        import pandas as pd

        from sink_connectors.preference_commands import latest_fields

        count = len(visitors)
        if count == 0:
            return self._written(0)
        # A literal column is a scalar.
        values = [
            c.tolist() if isinstance(c, pd.Series) else list(repeat(c, count)) for c in (visitors, *columns)
        ]
        latest = latest_fields(self._schema, values[0], values[1:-1], values[-1])

        started_s = time.perf_counter()
        self._write(latest)
        spent_s = time.perf_counter() - started_s
        self._write_ms.update(round(1e3 * spent_s))
        self._writing_us.inc(round(1e6 * spent_s))
        self._rows_a_bundle.update(count)
        self._measure_latency(np.broadcast_to(np.asarray(appended_ms, dtype="int64"), count))
        return self._written(count)

    def _write(self, latest: "Latest") -> None:
        """Erasures, then preferences; visitors are offered to the sample once nothing is against them."""
        from sink_connectors.erase import erase
        from sink_connectors.preference_commands import grow_commands, sample_command

        send = self._sender.send_until_answered
        if latest.erased:
            erase(send, self._schema, self._tombstones, latest.erased)
            self._erasures.inc(len(latest.erased))
        answers = send(grow_commands(self._schema, self._tombstones, latest.fields))
        written = [visitor for visitor, answer in zip(latest.fields, answers, strict=True) if answer >= 0]
        self._refused.inc(len(answers) - len(written))
        [below] = send([sample_command(self._schema, written, self._sampled_below)])
        self._sampled_below = float(below or 1.0)
