package io.tidemark;

import static org.apache.flink.table.annotation.ArgumentTrait.SET_SEMANTIC_TABLE;

import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/**
 * Folds a visitor's events at a shop into a vector of decayed counts by category, and gives it as of each event.
 *
 * <p>Input rows, partitioned by a bucket of visitors: bucket, visitor id, event id, event time (epoch ms), weight,
 * whether it erases, shop id, industry, category, sales (what a purchase brought), whether it is a purchase, when the
 * broker took it. An event
 * id seen at that shop within {@code seen_ms} of processing time, a null weight and an event that has been erased give
 * no row. Any other event gives one, its {@code packed} as {@link VisitorVector} says.
 *
 * <p>A row that erases asks to forget what the visitor did at its event time or before: such events count for nothing
 * from then on, each shop's vector in which something is so old goes and gives a row that says so, and so does a shop
 * without a name, for all that there may be outside. A vector that was not written for {@code ttl_ms} goes too and gives
 * a row: whoever remembers the visitor can let go.
 *
 * <p>State: {@code vectors}, an entry a visitor and shop, and one a visitor who was erased; {@code seen}, an entry an
 * event. Expired entries are removed by a {@link Sweep} of the bucket each {@code sweep_ms}.
 */
@DataTypeHint("ROW<visitor_id STRING, shop_id STRING, industry STRING, category STRING, appended_ms BIGINT, packed BYTES>")
public class VisitorVectors extends ProcessTableFunction<Row> {
  private transient EventCounters counted;
  private transient RecentVisitors recent;
  private transient Sweep sweep;
  private transient double[] halfLives;
  private transient double[] mixture;

  @Override
  public void open(FunctionContext context) {
    counted = new EventCounters(context);
  }

  public void eval(
      @StateHint(ttl = "0 s") MapView<String, byte[]> vectors,
      @StateHint(ttl = "0 s") MapView<Long, Long> seen,
      @ArgumentHint(SET_SEMANTIC_TABLE) Row event,
      String half_lives_ms,
      String horizon_weights,
      Long visit_gap_ms,
      Long ttl_ms,
      Long seen_ms,
      Long sweep_ms)
      throws Exception {
    long nowMs = System.currentTimeMillis();
    if (recent == null) {
      recent = new RecentVisitors(ttl_ms);
      sweep = new Sweep(sweep_ms, nowMs);
      halfLives = numbers(half_lives_ms);
      mixture = numbers(horizon_weights);
    }
    if (sweep.isDue(event.getFieldAs(0), nowMs)) {
      counted.expired.inc(Sweep.removeExpired(seen, Long::longValue, nowMs - seen_ms));
      removeExpired(vectors, nowMs - ttl_ms);
    }
    String visitor = event.getFieldAs(1);
    long eventTime = event.getFieldAs(3);
    RecentVisitors.Entries entries = recent.entries(visitor, vectors, nowMs);
    if (event.<Boolean>getFieldAs(5)) {
      erase(visitor, entries, eventTime, event.getFieldAs(11));
      return;
    }
    counted.events.inc();
    Double weight = event.getFieldAs(4);
    if (weight == null) {
      counted.unweighed.inc();
      return;
    }
    String shop = event.getFieldAs(6);
    Long id = EventHash.of(visitor + '/' + shop, event.getFieldAs(2));
    Long seenMs = seen.get(id);
    if (seenMs != null && seenMs >= nowMs - seen_ms) {
      counted.duplicates.inc();
      return;
    }
    if (eventTime <= entries.untilErased()) {
      counted.erased.inc();
      return;
    }
    seen.put(id, nowMs);
    VisitorVector vector = new VisitorVector(entries.get('/' + shop), halfLives, mixture, visit_gap_ms);
    String category = event.getFieldAs(8);
    byte[] packed =
        vector.add(Fnv.mixed(category), weight, eventTime, event.<Double>getFieldAs(9), event.<Boolean>getFieldAs(10));
    entries.put('/' + shop, vector.toBytes());
    collect(Row.of(visitor, shop, event.getFieldAs(7), category, event.getFieldAs(11), packed));
  }

  private void erase(String visitor, RecentVisitors.Entries entries, long time, Long appendedMs) throws Exception {
    for (String name : entries.names()) {
      if (!name.equals(RecentVisitors.Entries.ERASED) && VisitorVector.since(entries.get(name)) <= time) {
        entries.remove(name);
        collect(Row.of(visitor, name.substring(1), "", "", appendedMs, VisitorVector.gone(VisitorVector.ERASED, time)));
      }
    }
    collect(Row.of(visitor, "", "", "", appendedMs, VisitorVector.gone(VisitorVector.ERASED, time)));
    entries.eraseUntil(Math.max(entries.untilErased(), time));
  }

  private void removeExpired(MapView<String, byte[]> vectors, long beforeMs) throws Exception {
    for (Iterator<Map.Entry<String, byte[]>> all = vectors.entries().iterator(); all.hasNext(); ) {
      Map.Entry<String, byte[]> entry = all.next();
      if (RecentVisitors.writtenMs(entry.getValue()) < beforeMs) {
        String visitor = RecentVisitors.visitor(entry.getKey());
        String name = RecentVisitors.name(entry.getKey());
        all.remove();
        counted.expired.inc();
        if (!name.equals(RecentVisitors.Entries.ERASED)) {
          collect(Row.of(visitor, name.substring(1), "", "", beforeMs, VisitorVector.gone(VisitorVector.EXPIRED, beforeMs)));
        }
      }
    }
  }

  private static double[] numbers(String text) {
    return Arrays.stream(text.split(" ")).mapToDouble(Double::parseDouble).toArray();
  }
}
