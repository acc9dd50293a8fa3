package io.tidemark;

import static org.apache.flink.table.annotation.ArgumentTrait.REQUIRE_ON_TIME;
import static org.apache.flink.table.annotation.ArgumentTrait.SET_SEMANTIC_TABLE;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;
import org.apache.flink.types.Row;

/**
 * Gathers the impressions and clicks of a list: says what was shown, then, in event time, what became of it.
 *
 * <p>Input rows, partitioned by visitor, with a watermark: visitor id, kind ({@value #IMPRESSION}, {@value #CLICK},
 * {@value #ERASURE}), list id, length of the list, article, position (null: none), recent articles, segment, event time
 * (epoch ms), when the broker took it, shop. Rows given: kind, list id, time (event time of the impression that came
 * first), when the broker took the list's latest event, and
 *
 * <ul>
 *   <li>{@value #SHOWN}, once a list: when its last impression comes, or the watermark is {@code wait_ms} past its
 *       time. Content: {@link ShownList#shown}.
 *   <li>{@value #KNOWN}, once for each of these: when the watermark is {@code window_ms + wait_ms} past its time, so
 *       after all that was shown before the window ended. Content: {@link ShownList#outcome}.
 *   <li>{@value #GONE} instead of the outcome, where the visitor was erased; and once an erasure without a list.
 *   <li>{@value #CLICKED}, without a list, at each click: what the visitor clicked last, {@link RecentClicks}.
 * </ul>
 *
 * <p>An article counts once a list, shown or clicked. An impression counts for nothing behind the watermark or after
 * its list was given; a click does where its list is never shown, or was shown after it, or {@code window_ms} before.
 *
 * <p>State: an entry a list ({@link ShownList}), one of the visitor's latest clicks, and one that says until when the
 * visitor was erased. Timers of event time remove them: the first with its outcome, the second {@code retention_ms}
 * after the latest click, the third when nothing so old can come any more.
 */
@DataTypeHint("ROW<kind STRING, list_id STRING, at_ms BIGINT, appended_ms BIGINT, content BYTES>")
public class GatherLists extends ProcessTableFunction<Row> {
  static final String IMPRESSION = "impression";
  static final String CLICK = "click";
  static final String ERASURE = "erasure";
  static final String SHOWN = "shown";
  static final String KNOWN = "known";
  static final String GONE = "gone";
  static final String CLICKED = "clicked";
  private static final byte[] NOTHING = {};

  /** Key of the entry that says until when the visitor was erased; those of lists begin with a slash. */
  private static final String ERASED = "erased";

  /** Key of the entry of the visitor's latest clicks. */
  private static final String RECENT = "recent";

  private transient Counter events;
  private transient Counter repeated;
  private transient Counter late;
  private transient Counter orphans;
  private transient Counter erasedEvents;

  @Override
  public void open(FunctionContext context) {
    events = context.getMetricGroup().counter("events");
    repeated = context.getMetricGroup().counter("repeated_events");
    late = context.getMetricGroup().counter("late_events");
    orphans = context.getMetricGroup().counter("clicks_without_impression");
    erasedEvents = context.getMetricGroup().counter("erased_events");
  }

  public void eval(
      Context context,
      @StateHint(ttl = "0 s") MapView<String, byte[]> lists,
      @ArgumentHint({SET_SEMANTIC_TABLE, REQUIRE_ON_TIME}) Row event,
      Long window_ms,
      Long wait_ms,
      Long retention_ms)
      throws Exception {
    TimeContext<Long> time = context.timeContext(Long.class);
    String kind = event.getFieldAs(1);
    long eventMs = event.getFieldAs(8);
    long erasedMs = erasedMs(lists);
    if (kind.equals(ERASURE)) {
      erase(lists, eventMs, Math.max(eventMs, erasedMs), event.getFieldAs(9));
      time.registerOnTime(ERASED, Math.max(eventMs, erasedMs) + window_ms + wait_ms);
      return;
    }
    events.inc();
    if (eventMs <= erasedMs) {
      erasedEvents.inc();
      return;
    }
    String key = '/' + event.<String>getFieldAs(2);
    byte[] entry = lists.get(key);
    ShownList list = ShownList.of(entry);
    list.sinceMs = Math.min(list.sinceMs, eventMs);
    list.appendedMs = event.getFieldAs(9);
    Long watermark = time.currentWatermark();
    long nowMs = watermark == null ? Long.MIN_VALUE : watermark;
    if (kind.equals(IMPRESSION)) {
      if (isTooLate(list, event.getFieldAs(4), eventMs, nowMs)) {
        return;
      }
      if (list.size() == 0) {
        begin(list, event, eventMs, eventMs + window_ms);
        time.registerOnTime(SHOWN + key, eventMs + wait_ms);
        time.registerOnTime(KNOWN + key, list.untilMs + wait_ms);
      }
      show(list, event, key);
    } else {
      if (entry == null && eventMs <= nowMs - window_ms) {
        late.inc();
        return;
      }
      if (entry == null) {
        time.registerOnTime(KNOWN + key, eventMs + window_ms + wait_ms);
      }
      if (isFirstClick(list, event.getFieldAs(4), eventMs)) {
        time.registerOnTime(RECENT, remember(lists, event, eventMs) + retention_ms);
      }
    }
    lists.put(key, list.toBytes());
  }

  public void onTimer(OnTimerContext context, MapView<String, byte[]> lists) throws Exception {
    String timer = context.currentTimer();
    if (timer.equals(ERASED) || timer.equals(RECENT)) {
      lists.remove(timer);
      return;
    }
    String key = timer.substring(timer.indexOf('/'));
    byte[] entry = lists.get(key);
    if (entry == null) {
      return;
    }
    ShownList list = ShownList.of(entry);
    if (timer.startsWith(SHOWN)) {
      if (!list.isGiven && list.size() > 0) {
        give(list, key);
        lists.put(key, list.toBytes());
      }
      return;
    }
    lists.remove(key);
    if (list.isGiven) {
      collect(Row.of(KNOWN, key.substring(1), list.shownMs, list.appendedMs, list.outcome()));
    }
    orphans.inc(list.clicksWithoutImpression());
  }

  /** Whether an impression counts for nothing: behind the watermark, or after its list was given. */
  private boolean isTooLate(ShownList list, String article, long eventMs, long nowMs) {
    boolean isLate = eventMs <= nowMs || list.isGiven;
    if (isLate) {
      (list.has(article) ? repeated : late).inc();
    }
    return isLate;
  }

  /** Adds a click; whether it is the list's first on the article. */
  private boolean isFirstClick(ShownList list, String article, long eventMs) {
    Long before = list.clicks.get(article);
    if (before == null || before < list.shownMs) {
      list.clicks.put(article, eventMs);
    }
    if (before != null) {
      repeated.inc();
    }
    return before == null;
  }

  /** Gives the visitor's latest clicks with this one; returns the time of the latest. */
  private long remember(MapView<String, byte[]> lists, Row event, long eventMs) throws Exception {
    RecentClicks recent = RecentClicks.of(lists.get(RECENT));
    recent.add(event.getFieldAs(4), eventMs);
    lists.put(RECENT, recent.toBytes());
    collect(Row.of(CLICKED, "", recent.latestMs(), event.<Long>getFieldAs(9), recent.toBytes()));
    return recent.latestMs();
  }

  private static void begin(ShownList list, Row event, long eventMs, long untilMs) throws Exception {
    list.shownMs = eventMs;
    list.untilMs = untilMs;
    list.begin(
        event.getFieldAs(3), orEmpty(event.getFieldAs(10)), orEmpty(event.getFieldAs(7)), event.getFieldAs(6));
  }

  private static String orEmpty(String text) {
    return text == null ? "" : text;
  }

  private void show(ShownList list, Row event, String key) throws Exception {
    Integer position = event.getFieldAs(5);
    if (list.has(event.getFieldAs(4))) {
      repeated.inc();
    } else {
      list.add(event.getFieldAs(4), position == null ? 0 : position);
    }
    if (list.size() == list.length) {
      give(list, key);
    }
  }

  private void give(ShownList list, String key) throws Exception {
    list.isGiven = true;
    collect(Row.of(SHOWN, key.substring(1), list.shownMs, list.appendedMs, list.shown()));
  }

  private void erase(MapView<String, byte[]> lists, long untilMs, long latestMs, long appendedMs) throws Exception {
    for (Iterator<? extends Map.Entry<String, byte[]>> all = lists.entries().iterator(); all.hasNext(); ) {
      Map.Entry<String, byte[]> entry = all.next();
      if (entry.getKey().equals(ERASED) || entry.getKey().equals(RECENT)) {
        continue;
      }
      ShownList list = ShownList.of(entry.getValue());
      if (list.sinceMs <= untilMs) {
        all.remove();
        if (list.isGiven) {
          collect(Row.of(GONE, entry.getKey().substring(1), list.shownMs, appendedMs, NOTHING));
        }
      }
    }
    RecentClicks recent = RecentClicks.of(lists.get(RECENT));
    recent.forget(untilMs);
    if (recent.latestMs() == Long.MIN_VALUE) {
      lists.remove(RECENT);
    } else {
      lists.put(RECENT, recent.toBytes());
    }
    collect(Row.of(GONE, "", untilMs, appendedMs, NOTHING));
    lists.put(ERASED, ByteBuffer.allocate(Long.BYTES).putLong(latestMs).array());
  }

  private static long erasedMs(MapView<String, byte[]> lists) throws Exception {
    byte[] until = lists.get(ERASED);
    return until == null ? Long.MIN_VALUE : ByteBuffer.wrap(until).getLong();
  }
}
