package io.tidemark;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.apache.flink.table.data.GenericMapData;
import org.apache.flink.table.data.GenericRowData;
import org.apache.flink.table.data.RowData;
import org.apache.flink.table.data.StringData;

/**
 * What Kafka gets of a message and what was said of it: key, value, topic, and headers by the names of {@code Header}
 * in {@code schemas/event_types.py}. Of what is withheld the position and the cause remain; the position is the key of
 * what has none.
 */
final class OutcomeMessages {
  private static final StringData SOURCE = StringData.fromString("source");
  private static final StringData REASON = StringData.fromString("reason");
  private static final StringData ARRIVED = StringData.fromString("arrived");
  private static final StringData ATTEMPT = StringData.fromString("attempt");
  private static final StringData TO = StringData.fromString("to");

  private final String prefix;
  private final String deadLetters;
  private final String suspects;
  private final String withheld;

  /** Of topics: what stands before all names, and the names of those for what does not pass. */
  OutcomeMessages(String prefix, String deadLetters, String suspects, String withheld) {
    this.prefix = prefix;
    this.deadLetters = deadLetters;
    this.suspects = suspects;
    this.withheld = withheld;
  }

  /** The message; the verdict is null where the event may go where it was to go. */
  RowData of(RowData event, String verdict) {
    String topic = event.getString(AdmitEvents.TOPIC).toString();
    String goesTo = verdict == null ? topic : verdict.equals(AdmitEvents.SUSPECT) ? suspects : withheld;
    byte[] source = source(event);
    Map<StringData, byte[]> headers = new HashMap<>();
    headers.put(SOURCE, source);
    byte[] key = event.isNullAt(AdmitEvents.KEY) ? source : event.getString(AdmitEvents.KEY).toBytes();
    byte[] value = event.getBinary(AdmitEvents.VALUE);
    if (goesTo.equals(withheld)) {
      key = source;
      value = verdict == null ? event.getString(AdmitEvents.REASON).toBytes() : bytes(verdict);
    } else if (goesTo.equals(deadLetters)) {
      headers.put(REASON, event.getString(AdmitEvents.REASON).toBytes());
      headers.put(ARRIVED, bytes(Long.toString(event.getLong(AdmitEvents.ARRIVED_S))));
      headers.put(ATTEMPT, event.getString(AdmitEvents.ATTEMPT).toBytes());
    } else if (goesTo.equals(suspects)) {
      headers.put(TO, bytes(topic));
    }
    return GenericRowData.of(key, value, StringData.fromString(prefix + goesTo), new GenericMapData(headers));
  }

  /** Where the message stood first: topic, partition, offset. */
  private static byte[] source(RowData event) {
    if (!event.isNullAt(AdmitEvents.SOURCE)) {
      return event.getString(AdmitEvents.SOURCE).toBytes();
    }
    return bytes(event.getString(AdmitEvents.RAW_TOPIC).toString() + ':' + event.getInt(AdmitEvents.RAW_PARTITION) + ':'
        + event.getLong(AdmitEvents.RAW_OFFSET));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
