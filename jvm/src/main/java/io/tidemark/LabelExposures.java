package io.tidemark;

import static org.apache.flink.table.annotation.ArgumentTrait.SET_SEMANTIC_TABLE;

import io.tidemark.LastTouch.Credit;
import io.tidemark.Visits.Exposure;
import io.tidemark.Visits.Purchase;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/**
 * Joins exposures with their visitor's purchases at the shop, in event time, whichever comes first and however late.
 *
 * <p>Input rows, partitioned by visitor: visitor id, kind ({@value #EXPOSURE}, {@value #PURCHASE}, {@value #ERASURE}),
 * event id, event time (epoch ms), shop, segment, layout, revenue. An exposure gives a row at once: a trial, converted
 * if a purchase that is owed to it ({@link LastTouch}) has come before it. Whatever changes what an exposure is owed
 * gives two rows, as Flink's own changelogs do: the conversion as it was, taken back (-1, its revenue), unless there
 * was none, and as it is (+1, its revenue), unless there is none. So sums of the rows are those of a log that is
 * sorted by event time, in any order of arrival. What is taken back comes first.
 *
 * <p>An event id counts once. An erasure removes what the visitor saw and bought at its time or before, and events
 * that old count for nothing from then on; rows that were given before stay.
 *
 * <p>State, dropped by Flink two days after it was written (processing time): {@code seen}, an entry an event id, its
 * event time; {@code visits}, an entry a shop and window of event time ({@link Visits}), and under an empty key the
 * time of the latest erasure. A purchase can be owed to exposures of its own window and the one before, so three
 * entries say all. One that holds {@value #MOST_EVENTS} events takes no more: no person shops like that.
 */
public class LabelExposures extends ProcessTableFunction<Row> {
  static final String EXPOSURE = "exposure";
  static final String PURCHASE = "purchase";
  static final String ERASURE = "erasure";
  static final int MOST_EVENTS = 500;
  private static final String ERASED = "";

  private transient Counter events;
  private transient Counter duplicates;
  private transient Counter erasedEvents;
  private transient Counter crowded;

  @Override
  public void open(FunctionContext context) {
    events = context.getMetricGroup().counter("events");
    duplicates = context.getMetricGroup().counter("duplicates");
    erasedEvents = context.getMetricGroup().counter("erased_events");
    crowded = context.getMetricGroup().counter("crowded_events");
  }

  @DataTypeHint(
      "ROW<shop_id STRING, segment STRING, layout STRING, at_ms BIGINT, exposures DOUBLE, conversions DOUBLE,"
          + " revenue DOUBLE, purchases BIGINT>")
  public void eval(
      @StateHint(ttl = "2 days") MapView<String, Long> seen,
      @StateHint(ttl = "2 days") MapView<String, byte[]> visits,
      @ArgumentHint(SET_SEMANTIC_TABLE) Row event,
      Long window_ms)
      throws Exception {
    String kind = event.getFieldAs(1);
    long timeMs = event.getFieldAs(3);
    byte[] erased = visits.get(ERASED);
    long erasedMs = erased == null ? Long.MIN_VALUE : ByteBuffer.wrap(erased).getLong();
    if (kind.equals(ERASURE)) {
      erase(seen, visits, Math.max(timeMs, erasedMs));
      return;
    }
    events.inc();
    String id = event.getFieldAs(2);
    if (timeMs <= erasedMs) {
      erasedEvents.inc();
    } else if (seen.contains(kind + id)) {
      duplicates.inc();
    } else {
      seen.put(kind + id, timeMs);
      add(visits, event, kind, id, timeMs, window_ms);
    }
  }

  private void add(MapView<String, byte[]> state, Row event, String kind, String id, long timeMs, long windowMs)
      throws Exception {
    String shop = event.getFieldAs(4);
    long span = Math.floorDiv(timeMs, windowMs);
    Visits[] near = new Visits[3];
    for (int i = 0; i < near.length; i++) {
      near[i] = Visits.of(state.get(key(shop, span - 1 + i)));
    }
    if (near[1].size() >= MOST_EVENTS) {
      crowded.inc();
      return;
    }
    Map<Exposure, Credit> before = LastTouch.credits(near, windowMs);
    Exposure shown = null;
    if (kind.equals(EXPOSURE)) {
      String segment = event.getFieldAs(5);
      shown = new Exposure(timeMs, id, segment == null ? "" : segment, event.getFieldAs(6));
      near[1].exposures.add(shown);
    } else {
      near[1].purchases.add(new Purchase(timeMs, event.getFieldAs(7)));
    }
    state.put(key(shop, span), near[1].toBytes());
    Map<Exposure, Credit> after = LastTouch.credits(near, windowMs);
    before.forEach((exposure, credit) -> {
      if (!Objects.equals(credit, after.get(exposure))) {
        give(shop, exposure, 0, -1, credit);
      }
    });
    if (shown != null) {
      Credit credit = after.remove(shown);
      give(shop, shown, 1, credit == null ? 0 : 1, credit == null ? new Credit(0, 0) : credit);
    }
    after.forEach((exposure, credit) -> {
      if (!Objects.equals(credit, before.get(exposure))) {
        give(shop, exposure, 0, 1, credit);
      }
    });
  }

  private void give(String shop, Exposure exposure, double exposures, double conversions, Credit credit) {
    long purchases = conversions < 0 ? -credit.purchases() : credit.purchases();
    collect(
        Row.of(
            shop,
            exposure.segment(),
            exposure.layout(),
            exposure.timeMs(),
            exposures,
            conversions,
            credit.revenue(),
            purchases));
  }

  /** A shop's name may hold any character; the number stands before it, so no two keys are alike. */
  private static String key(String shop, long span) {
    return span + ":" + shop;
  }

  private static void erase(MapView<String, Long> seen, MapView<String, byte[]> visits, long untilMs)
      throws Exception {
    for (Iterator<? extends Map.Entry<String, Long>> ids = seen.entries().iterator(); ids.hasNext(); ) {
      if (ids.next().getValue() <= untilMs) {
        ids.remove();
      }
    }
    List<String> keys = new ArrayList<>();
    visits.keys().forEach(keys::add);
    for (String key : keys) {
      if (!key.equals(ERASED)) {
        Visits kept = Visits.of(visits.get(key));
        kept.forget(untilMs);
        if (kept.size() == 0) {
          visits.remove(key);
        } else {
          visits.put(key, kept.toBytes());
        }
      }
    }
    visits.put(ERASED, ByteBuffer.allocate(Long.BYTES).putLong(untilMs).array());
  }
}
