package io.tidemark;

import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.functions.FunctionContext;

/** What becomes of a function's rows; counted since the last start. */
final class EventCounters {
  final Counter events;
  final Counter duplicates;
  final Counter unweighed;
  final Counter erased;
  final Counter expired;

  EventCounters(FunctionContext context) {
    MetricGroup group = context.getMetricGroup();
    events = group.counter("events");
    duplicates = group.counter("duplicates");
    unweighed = group.counter("unweighed");
    erased = group.counter("erased_events");
    expired = group.counter("expired_entries");
  }
}
