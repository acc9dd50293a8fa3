package io.tidemark;

import static org.apache.flink.table.annotation.ArgumentTrait.SET_SEMANTIC_TABLE;

import io.tidemark.LastTouch.Credit;
import io.tidemark.Visits.Exposure;
import io.tidemark.Visits.Purchase;
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
 * <p>Input rows, partitioned by a bucket of visitors: bucket, visitor id, kind ({@value #EXPOSURE}, {@value #PURCHASE}, {@value #ERASURE}),
 * event id, event time (epoch ms), shop, segment, layout, revenue. An exposure gives a row at once: a trial, converted
 * if a purchase that is owed to it ({@link LastTouch}) has come before it. Whatever changes what an exposure is owed
 * gives two rows, as Flink's own changelogs do: the conversion as it was, taken back (-1, its revenue), unless there
 * was none, and as it is (+1, its revenue), unless there is none. So sums of the rows are those of a log that is
 * sorted by event time, in any order of arrival. What is taken back comes first.
 *
 * <p>An event id counts once. An erasure removes what the visitor saw and bought at its time or before, and events
 * that old count for nothing from then on; rows that were given before stay.
 *
 * <p>State, absent when not written for {@code ttl_ms} of processing time and then removed by a {@link Sweep} of the bucket
 * each {@code sweep_ms}: {@code seen}, an entry an event; {@code visits}, an entry a visitor, shop and window of event time
 * ({@link Visits}), and under an empty name the time of a visitor's latest erasure. A purchase can be owed to exposures of its own window and the one before, so three
 * entries say all. One that holds {@value #MOST_EVENTS} events takes no more: no person shops like that.
 */
public class LabelExposures extends ProcessTableFunction<Row> {
  static final String EXPOSURE = "exposure";
  static final String PURCHASE = "purchase";
  static final String ERASURE = "erasure";
  static final int MOST_EVENTS = 500;

  private transient EventCounters counted;
  private transient Counter crowded;
  private transient RecentVisitors recent;
  private transient Sweep sweep;

  @Override
  public void open(FunctionContext context) {
    counted = new EventCounters(context);
    crowded = context.getMetricGroup().counter("crowded_events");
  }

  @DataTypeHint(
      "ROW<shop_id STRING, segment STRING, layout STRING, at_ms BIGINT, exposures DOUBLE, conversions DOUBLE,"
          + " revenue DOUBLE, purchases BIGINT>")
  public void eval(
      @StateHint(ttl = "0 s") MapView<String, byte[]> visits,
      @StateHint(ttl = "0 s") MapView<Long, Long> seen,
      @ArgumentHint(SET_SEMANTIC_TABLE) Row event,
      Long window_ms,
      Long ttl_ms,
      Long sweep_ms)
      throws Exception {
    long nowMs = System.currentTimeMillis();
    if (recent == null) {
      recent = new RecentVisitors(ttl_ms);
      sweep = new Sweep(sweep_ms, nowMs);
    }
    if (sweep.isDue(event.getFieldAs(0), nowMs)) {
      counted.expired.inc(Sweep.removeExpired(visits, RecentVisitors::writtenMs, nowMs - ttl_ms));
      counted.expired.inc(Sweep.removeExpired(seen, Long::longValue, nowMs - ttl_ms));
    }
    String visitor = event.getFieldAs(1);
    String kind = event.getFieldAs(2);
    long timeMs = event.getFieldAs(4);
    RecentVisitors.Entries entries = recent.entries(visitor, visits, nowMs);
    if (kind.equals(ERASURE)) {
      erase(entries, Math.max(timeMs, entries.untilErased()));
      return;
    }
    counted.events.inc();
    Long id = EventHash.of(visitor + '/' + kind, event.getFieldAs(3));
    Long seenMs = seen.get(id);
    if (timeMs <= entries.untilErased()) {
      counted.erased.inc();
    } else if (seenMs != null && seenMs >= nowMs - ttl_ms) {
      counted.duplicates.inc();
    } else {
      seen.put(id, nowMs);
      add(entries, event, timeMs, window_ms);
    }
  }

  private void add(RecentVisitors.Entries entries, Row event, long timeMs, long windowMs) throws Exception {
    String shop = event.getFieldAs(5);
    long span = Math.floorDiv(timeMs, windowMs);
    Visits[] near = new Visits[3];
    for (int i = 0; i < near.length; i++) {
      near[i] = Visits.of(entries.get(name(shop, span - 1 + i)));
    }
    if (near[1].size() >= MOST_EVENTS) {
      crowded.inc();
      return;
    }
    Map<Exposure, Credit> before = LastTouch.credits(near, windowMs);
    Exposure shown = null;
    if (event.getFieldAs(2).equals(EXPOSURE)) {
      String segment = event.getFieldAs(6);
      shown = new Exposure(timeMs, event.getFieldAs(3), segment == null ? "" : segment, event.getFieldAs(7));
      near[1].exposures.add(shown);
    } else {
      near[1].purchases.add(new Purchase(timeMs, event.getFieldAs(8)));
    }
    entries.put(name(shop, span), near[1].toBytes());
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

  /** A shop's name may hold any character; the number stands before it, so no two are alike. */
  private static String name(String shop, long span) {
    return span + ":" + shop;
  }

  private static void erase(RecentVisitors.Entries entries, long untilMs) throws Exception {
    for (String name : entries.names()) {
      if (!name.equals(RecentVisitors.Entries.ERASED)) {
        Visits kept = Visits.of(entries.get(name));
        kept.forget(untilMs);
        if (kept.size() == 0) {
          entries.remove(name);
        } else {
          entries.put(name, kept.toBytes());
        }
      }
    }
    entries.eraseUntil(untilMs);
  }
}
