package io.tidemark;

import static org.apache.flink.table.annotation.ArgumentTrait.SET_SEMANTIC_TABLE;

import org.apache.flink.metrics.Counter;
import org.apache.flink.table.annotation.ArgumentHint;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.StateHint;
import org.apache.flink.table.api.dataview.MapView;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.ProcessTableFunction;

/**
 * Says of each event whether it repeats one of the same key, or exceeds what one visitor can do in a minute, and gives
 * each row's {@link OutcomeMessages message}.
 *
 * <p>Input rows, partitioned by a bucket of keys: bucket, key, topic, event id (null: the row is no event and passes
 * unseen), minute of event time (negative: the limit does not concern it), unit (events of one unit count once; null: a
 * unit by itself), value, reason; where the raw message stands (topic, partition, offset), where it stood first (null:
 * there), arrival there (epoch s), attempt. A duplicate has the topic and event id of an event that passed within
 * {@code kept_ms} of processing time. A suspect would be one unit more than {@code per_minute} that passed with its key
 * and minute; it is not remembered, so a crawler does not fill the state. Rows stay in Flink's own form, since
 * converting each to {@code Row} and back cost more than the rules.
 *
 * <p>State: {@link GateMemory}. What was not written for {@code kept_ms} is removed by a {@link Sweep} of the bucket
 * each {@code sweep_ms}; an event of the topic {@code erasures} removes what is its key's.
 */
@DataTypeHint(
    value = "ROW<`key` BYTES, `value` BYTES, topic STRING, headers MAP<STRING, BYTES>>",
    bridgedTo = RowData.class)
public class AdmitEvents extends ProcessTableFunction<RowData> {
  static final String DUPLICATE = "duplicate";
  static final String SUSPECT = "suspect";
  static final String COLUMNS = "ROW<bucket INT, `key` STRING, topic STRING, event_id STRING, `minute` BIGINT, "
      + "unit STRING, `value` BYTES, reason STRING, raw_topic STRING, raw_partition INT, raw_offset BIGINT, "
      + "source STRING, arrived_s BIGINT, attempt STRING>";
  private static final int BUCKET = 0;
  static final int KEY = 1;
  static final int TOPIC = 2;
  private static final int EVENT_ID = 3;
  private static final int MINUTE = 4;
  private static final int UNIT = 5;
  static final int VALUE = 6;
  static final int REASON = 7;
  static final int RAW_TOPIC = 8;
  static final int RAW_PARTITION = 9;
  static final int RAW_OFFSET = 10;
  static final int SOURCE = 11;
  static final int ARRIVED_S = 12;
  static final int ATTEMPT = 13;

  private transient Counter passed;
  private transient Counter refused;
  private transient Counter duplicates;
  private transient Counter suspects;
  private transient Counter expired;
  private transient OutcomeMessages messages;
  private transient Sweep sweep;

  @Override
  public void open(FunctionContext context) {
    passed = context.getMetricGroup().counter("passed");
    refused = context.getMetricGroup().counter("refused");
    duplicates = context.getMetricGroup().counter("duplicates");
    suspects = context.getMetricGroup().counter("suspects");
    expired = context.getMetricGroup().counter("expired_entries");
  }

  public void eval(
      @StateHint(ttl = "0 s") MapView<Long, Long> seen,
      @StateHint(ttl = "0 s") MapView<Long, byte[]> minutes,
      @ArgumentHint(value = SET_SEMANTIC_TABLE, type = @DataTypeHint(value = COLUMNS, bridgedTo = RowData.class))
          RowData event,
      Integer per_minute,
      Long kept_ms,
      Long sweep_ms,
      String prefix,
      String dead_letters,
      String suspect_events,
      String withheld,
      String erasures)
      throws Exception {
    long nowMs = System.currentTimeMillis();
    if (messages == null) {
      messages = new OutcomeMessages(prefix, dead_letters, suspect_events, withheld);
      sweep = new Sweep(sweep_ms, nowMs);
    }
    if (event.isNullAt(EVENT_ID)) {
      refused.inc();
      collect(messages.of(event, null));
      return;
    }
    GateMemory memory = new GateMemory(seen, minutes, nowMs, kept_ms);
    if (sweep.isDue(event.getInt(BUCKET), nowMs)) {
      expired.inc(memory.sweep());
    }
    collect(messages.of(event, verdict(memory, event, per_minute, erasures)));
  }

  private String verdict(GateMemory memory, RowData event, int perMinute, String erasures) throws Exception {
    StringData topic = event.getString(TOPIC);
    long ofKey = hash(Fnv.BASIS, event.getString(KEY));
    long owner = Fnv.finished(ofKey);
    Long id = Fnv.finished(hash(hash(ofKey, topic), event.getString(EVENT_ID)));
    if (memory.knows(id)) {
      duplicates.inc();
      return DUPLICATE;
    }
    long minute = event.getLong(MINUTE);
    Long unit = event.isNullAt(UNIT) ? null : (Long) Fnv.finished(hash(Fnv.BASIS, event.getString(UNIT)));
    if (minute >= 0 && !memory.counts(owner, minute, unit, perMinute)) {
      suspects.inc();
      return SUSPECT;
    }
    if (topic.toString().equals(erasures)) {
      memory.forget(owner);
    }
    memory.remember(id, owner);
    passed.inc();
    return null;
  }

  /** The hash of what {@code before} is the hash of, then the text, and then what is no byte. */
  private static long hash(long before, StringData text) {
    return Fnv.add(Fnv.add(before, text.toBytes()), 0x100);
  }
}
