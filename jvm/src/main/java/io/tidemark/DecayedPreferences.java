package io.tidemark;

import static org.apache.flink.table.annotation.ArgumentTrait.PASS_COLUMNS_THROUGH;
import static org.apache.flink.table.annotation.ArgumentTrait.SET_SEMANTIC_TABLE;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/**
 * Folds a visitor's events into decayed sums, one a facet value and horizon, and says what each event changed.
 *
 * <p>Input rows, partitioned by visitor: visitor id, event id, event time (epoch ms), weight, a column that is passed
 * on, then one column a facet (null: the event has none). An event id seen within a day of processing time, or a null
 * weight (a behaviour that the configuration does not weigh), gives no row. Any other event gives one, {@code packed}:
 * the visitor's latest event time (long), then for each facet the value's and the facet total's log2 S + T/h per
 * horizon (doubles, big endian; zeros for a null facet).
 *
 * <p>State: an entry a visitor ({@link VisitorState}), one a value of a facet that has many, one an event id. Each is
 * dropped by Flink when it has not been written for {@code table.exec.state.ttl} (event ids: a day), which the
 * argument {@code ttl_ms} repeats for {@link RecentVisitors}.
 */
public class DecayedPreferences extends ProcessTableFunction<byte[]> {
  private static final int FIRST_FACET = 5;

  private transient Counter events;
  private transient Counter duplicates;
  private transient Counter unweighed;
  private transient String parsed;
  private transient double[] halfLives;
  private transient RecentVisitors recent;

  @Override
  public void open(FunctionContext context) {
    events = context.getMetricGroup().counter("events");
    duplicates = context.getMetricGroup().counter("duplicates");
    unweighed = context.getMetricGroup().counter("unweighed");
  }

  public void eval(
      @StateHint MapView<String, byte[]> sums,
      @StateHint(ttl = "1 day") MapView<String, Boolean> seen,
      @ArgumentHint({SET_SEMANTIC_TABLE, PASS_COLUMNS_THROUGH}) Row event,
      String half_lives_ms,
      Long ttl_ms)
      throws Exception {
    events.inc();
    Double weight = event.getFieldAs(3);
    if (weight == null) {
      unweighed.inc();
      return;
    }
    String eventId = event.getFieldAs(1);
    if (seen.contains(eventId)) {
      duplicates.inc();
      return;
    }
    seen.put(eventId, true);
    if (recent == null) {
      recent = new RecentVisitors(ttl_ms);
    }
    fold(recent.entries(event.getFieldAs(0), sums), event, weight, halfLives(half_lives_ms));
  }

  private void fold(RecentVisitors.Entries entries, Row event, double weight, double[] halfLives) throws Exception {
    long eventTime = event.getFieldAs(2);
    byte[][] values = new byte[event.getArity() - FIRST_FACET][];
    for (int facet = 0; facet < values.length; facet++) {
      String value = event.getFieldAs(FIRST_FACET + facet);
      values[facet] = value == null ? null : value.getBytes(StandardCharsets.UTF_8);
    }
    ByteBuffer packed = ByteBuffer.allocate(Long.BYTES + 2 * Double.BYTES * halfLives.length * values.length);
    new VisitorState(entries, halfLives, weight, eventTime, packed).add(values);
    collect(packed.array());
  }

  /** Parses the literal argument once: half-lives in ms, separated by spaces. */
  private double[] halfLives(String text) {
    if (!text.equals(parsed)) {
      halfLives = Arrays.stream(text.split(" ")).mapToDouble(Double::parseDouble).toArray();
      parsed = text;
    }
    return halfLives;
  }
}
