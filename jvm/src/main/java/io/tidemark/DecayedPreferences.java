package io.tidemark;

import static org.apache.flink.table.annotation.ArgumentTrait.PASS_COLUMNS_THROUGH;
import static org.apache.flink.table.annotation.ArgumentTrait.SET_SEMANTIC_TABLE;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/**
 * Folds a visitor's events into decayed sums, one a facet value and horizon, and says what each event changed.
 *
 * <p>Input rows, partitioned by a bucket of visitors: bucket, visitor id, event id, event time (epoch ms), weight,
 * whether it erases, a column that is passed on, then one column a facet (null: the event has none). An event id seen
 * within {@code seen_ms} of processing time, a null weight (a behaviour that the configuration does not weigh) and an
 * event that has been erased give no row. Any other event gives one, {@code packed}: the visitor's latest and earliest
 * event time in the sums (longs), then for each facet the value's and the facet total's log2 S + T/h per horizon
 * (doubles, big endian; zeros for a null facet).
 *
 * <p>A row that erases asks to forget what the visitor did at its event time or before. All sums of the visitor go
 * unless every event in them is later, such events count for nothing from then on, and the row gives one: its event
 * time (long).
 *
 * <p>State: {@code sums}, an entry a visitor ({@link VisitorState}) and one a value of a facet that has many, absent
 * when not written for {@code ttl_ms}; {@code seen}, an entry an event, its {@link EventHash} and when it was seen. What has expired is
 * removed by a {@link Sweep} of the bucket each {@code sweep_ms}: Flink's own time to live copies a key's whole map
 * at every access on the heap.
 */
public class DecayedPreferences extends ProcessTableFunction<byte[]> {
  private static final int FIRST_FACET = 7;

  private transient EventCounters counted;
  private transient String parsed;
  private transient double[] halfLives;
  private transient RecentVisitors recent;
  private transient Sweep sweep;

  @Override
  public void open(FunctionContext context) {
    counted = new EventCounters(context);
  }

  public void eval(
      @StateHint(ttl = "0 s") MapView<String, byte[]> sums,
      @StateHint(ttl = "0 s") MapView<Long, Long> seen,
      @ArgumentHint({SET_SEMANTIC_TABLE, PASS_COLUMNS_THROUGH}) Row event,
      String half_lives_ms,
      Long ttl_ms,
      Long seen_ms,
      Long sweep_ms)
      throws Exception {
    long nowMs = System.currentTimeMillis();
    if (recent == null) {
      recent = new RecentVisitors(ttl_ms);
      sweep = new Sweep(sweep_ms, nowMs);
    }
    if (sweep.isDue(event.getFieldAs(0), nowMs)) {
      counted.expired.inc(Sweep.removeExpired(sums, RecentVisitors::writtenMs, nowMs - ttl_ms));
      counted.expired.inc(Sweep.removeExpired(seen, Long::longValue, nowMs - seen_ms));
    }
    String visitor = event.getFieldAs(1);
    long eventTime = event.getFieldAs(3);
    if (event.<Boolean>getFieldAs(5)) {
      state(event, sums, nowMs, half_lives_ms).erase(eventTime);
      collect(ByteBuffer.allocate(Long.BYTES).putLong(eventTime).array());
      return;
    }
    counted.events.inc();
    Double weight = event.getFieldAs(4);
    if (weight == null) {
      counted.unweighed.inc();
      return;
    }
    Long id = EventHash.of(visitor, event.getFieldAs(2));
    Long seenMs = seen.get(id);
    if (seenMs != null && seenMs >= nowMs - seen_ms) {
      counted.duplicates.inc();
      return;
    }
    VisitorState state = state(event, sums, nowMs, half_lives_ms);
    if (eventTime <= state.erased()) {
      counted.erased.inc();
      return;
    }
    seen.put(id, nowMs);
    collect(state.add(facets(event), weight, eventTime));
  }

  private VisitorState state(Row event, MapView<String, byte[]> sums, long nowMs, String halfLivesMs) throws Exception {
    int facets = event.getArity() - FIRST_FACET;
    return new VisitorState(recent.entries(event.getFieldAs(1), sums, nowMs), facets, halfLives(halfLivesMs));
  }

  private static String[] facets(Row event) {
    String[] values = new String[event.getArity() - FIRST_FACET];
    for (int facet = 0; facet < values.length; facet++) {
      values[facet] = event.getFieldAs(FIRST_FACET + facet);
    }
    return values;
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
