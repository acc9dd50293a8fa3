package io.tidemark;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * One list of articles while its impressions and clicks come in: an entry of keyed state.
 *
 * <p>Bytes, a text as its length (int) and UTF-8: version, earliest event time, time of the impression that came first
 * (the least long until one has), when clicks cease to count, when the broker took the latest event (longs), whether
 * the list was given; then as {@link #shown} says; then clicks (count, article and event time each).
 */
final class ShownList {
  private static final int VERSION = 1;
  private static final String[] NONE = {};

  long sinceMs = Long.MAX_VALUE;
  long shownMs = Long.MIN_VALUE;
  long untilMs;
  long appendedMs;
  boolean isGiven;
  int length;
  String shop = "";
  String segment = "";
  String[] recent = NONE;

  /** Article to position (0: none), in order of arrival. */
  final Map<String, Integer> impressions = new LinkedHashMap<>();

  /** Article to event time. */
  final Map<String, Long> clicks = new HashMap<>();

  /** Of the bytes; null: nothing yet. */
  static ShownList of(byte[] bytes) throws IOException {
    ShownList list = new ShownList();
    if (bytes == null) {
      return list;
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    int version = in.readByte();
    if (version != VERSION) {
      throw new IOException("shown list of version " + version + "; this release reads " + VERSION);
    }
    list.sinceMs = in.readLong();
    list.shownMs = in.readLong();
    list.untilMs = in.readLong();
    list.appendedMs = in.readLong();
    list.isGiven = in.readBoolean();
    list.length = in.readInt();
    list.shop = text(in);
    list.segment = text(in);
    list.recent = new String[in.readInt()];
    for (int i = 0; i < list.recent.length; i++) {
      list.recent[i] = text(in);
    }
    for (int left = in.readInt(); left > 0; left--) {
      list.impressions.put(text(in), in.readInt());
    }
    for (int left = in.readInt(); left > 0; left--) {
      list.clicks.put(text(in), in.readLong());
    }
    return list;
  }

  byte[] toBytes() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeByte(VERSION);
    out.writeLong(sinceMs);
    out.writeLong(shownMs);
    out.writeLong(untilMs);
    out.writeLong(appendedMs);
    out.writeBoolean(isGiven);
    writeContent(out);
    out.writeInt(clicks.size());
    for (Map.Entry<String, Long> click : clicks.entrySet()) {
      write(out, click.getKey());
      out.writeLong(click.getValue());
    }
    return bytes.toByteArray();
  }

  /** Length (int), shop, segment, recent articles (count, each), impressions (count, then article and position each). */
  byte[] shown() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    writeContent(new DataOutputStream(bytes));
    return bytes.toByteArray();
  }

  /** A byte an impression: 1 where it was clicked after the list was shown, and before clicks ceased to count. */
  byte[] outcome() {
    byte[] outcome = new byte[impressions.size()];
    int at = 0;
    for (String article : impressions.keySet()) {
      Long clickMs = clicks.get(article);
      outcome[at++] = (byte) (clickMs != null && clickMs >= shownMs && clickMs < untilMs ? 1 : 0);
    }
    return outcome;
  }

  private void writeContent(DataOutputStream out) throws IOException {
    out.writeInt(length);
    write(out, shop);
    write(out, segment);
    out.writeInt(recent.length);
    for (String article : recent) {
      write(out, article);
    }
    out.writeInt(impressions.size());
    for (Map.Entry<String, Integer> impression : impressions.entrySet()) {
      write(out, impression.getKey());
      out.writeInt(impression.getValue());
    }
  }

  static String text(DataInputStream in) throws IOException {
    return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
  }

  static void write(DataOutputStream out, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeInt(bytes.length);
    out.write(bytes);
  }
}
