package io.tidemark;

import static org.apache.flink.table.annotation.ArgumentTrait.PASS_COLUMNS_THROUGH;
import static org.apache.flink.table.annotation.ArgumentTrait.SET_SEMANTIC_TABLE;

import java.nio.ByteBuffer;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/**
 * Says of each event whether it repeats one of the same key, or exceeds what one visitor can do in a minute.
 *
 * <p>Input rows, partitioned by key: key, topic, event id (null: the row is no event and passes unseen), minute of
 * event time (negative: the limit does not concern it), unit (events of one unit count once; null: a unit by itself),
 * then whatever else. Each row gives one: null, {@value #DUPLICATE} or {@value #SUSPECT}. A duplicate has the topic
 * and event id of an event that passed within a day of processing time. A suspect would be one unit more than
 * {@code per_minute} that passed with its key and minute; it is not remembered, so a crawler does not fill the state.
 *
 * <p>State, dropped by Flink a day after it was written: an entry an event id, and one a minute (count of units, then
 * a hash a named unit). An event of the topic {@code erasures} clears both.
 */
public class AdmitEvents extends ProcessTableFunction<String> {
  static final String DUPLICATE = "duplicate";
  static final String SUSPECT = "suspect";

  private transient Counter passed;
  private transient Counter refused;
  private transient Counter duplicates;
  private transient Counter suspects;

  @Override
  public void open(FunctionContext context) {
    passed = context.getMetricGroup().counter("passed");
    refused = context.getMetricGroup().counter("refused");
    duplicates = context.getMetricGroup().counter("duplicates");
    suspects = context.getMetricGroup().counter("suspects");
  }

  public void eval(
      @StateHint(ttl = "1 day") MapView<String, Boolean> seen,
      @StateHint(ttl = "1 day") MapView<Long, byte[]> minutes,
      @ArgumentHint({SET_SEMANTIC_TABLE, PASS_COLUMNS_THROUGH}) Row event,
      Integer per_minute,
      String erasures)
      throws Exception {
    String eventId = event.getFieldAs(2);
    if (eventId == null) {
      refused.inc();
      collect(null);
      return;
    }
    String topic = event.getFieldAs(1);
    String id = topic + "/" + eventId;
    if (seen.contains(id)) {
      duplicates.inc();
      collect(DUPLICATE);
      return;
    }
    long minute = event.getFieldAs(3);
    if (minute >= 0 && !counts(minutes, minute, event.getFieldAs(4), per_minute)) {
      suspects.inc();
      collect(SUSPECT);
      return;
    }
    if (topic.equals(erasures)) {
      seen.clear();
      minutes.clear();
    }
    seen.put(id, true);
    passed.inc();
    collect(null);
  }

  /**
   * Counts the unit in its minute, unless it is there; false: there is no room for it. Two units of one visitor's
   * minute that share a hash would count once.
   */
  private static boolean counts(MapView<Long, byte[]> minutes, long minute, String unit, int limit) throws Exception {
    byte[] entry = minutes.get(minute);
    ByteBuffer old = ByteBuffer.wrap(entry == null ? new byte[Integer.BYTES] : entry);
    int count = old.getInt();
    long hash = unit == null ? 0 : Fnv.add(Fnv.BASIS, unit);
    while (unit != null && old.hasRemaining()) {
      if (old.getLong() == hash) {
        return true;
      }
    }
    if (count >= limit) {
      return false;
    }
    ByteBuffer next = ByteBuffer.allocate(old.capacity() + (unit == null ? 0 : Long.BYTES));
    next.putInt(count + 1).put(old.array(), Integer.BYTES, old.capacity() - Integer.BYTES);
    if (unit != null) {
      next.putLong(hash);
    }
    minutes.put(minute, next.array());
    return true;
  }
}
