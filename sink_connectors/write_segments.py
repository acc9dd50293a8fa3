"""The sink of the job `visitor_segments`."""

from typing import Any

from schemas.segments import SegmentSchema
from sink_connectors.redis_sink import VisitorSink


class WriteSegments(VisitorSink[SegmentSchema]):
    """Segments, profiles and erasures: the columns of `operators/segments/segment_rows.py`'s output -> BIGINT."""

    def eval(
        self,
        kinds: Any,
        visitors: Any,
        shops: Any,
        versions: Any,
        since_ms: Any,
        appended_ms: Any,
        bodies: Any,
    ) -> Any:
        from sink_connectors.segment_commands import segment_commands

        columns = [column.tolist() for column in (kinds, visitors, shops, versions, since_ms, bodies)]
        commands = segment_commands(self._schema, self._tombstones, zip(*columns, strict=True))
        answers = self._sender.send_until_answered(commands)
        self._refused.inc(sum(answer == -1 for answer in answers))
        # Whom a refit moved has no event that the broker took.
        assigned_ms = appended_ms[(kinds == "assigned") & (appended_ms > 0)].to_numpy(dtype="int64")
        if len(assigned_ms):
            self._measure_latency(assigned_ms)
        return self._written(len(kinds))
