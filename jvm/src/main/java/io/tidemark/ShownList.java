package io.tidemark;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * One list of articles while its impressions and clicks come in: an entry of keyed state.
 *
 * <p>Bytes, a text as its length (int) and UTF-8: version, earliest event time, time of the impression that came first
 * (the least long until one has), when clicks cease to count, when the broker took the latest event (longs), whether
 * the list was given; then as {@link #shown} says; then clicks (count, article and event time each).
 *
 * <p>Each event reads and writes an entry, so what it does not concern stays bytes: an impression is added behind those
 * that there are, and none becomes a string.
 */
final class ShownList {
  private static final int VERSION = 1;
  private static final int HEADER = 1 + 4 * Long.BYTES + 1;
  private static final byte[] NO_CONTEXT = new byte[3 * Integer.BYTES];

  long sinceMs = Long.MAX_VALUE;
  long shownMs = Long.MIN_VALUE;
  long untilMs;
  long appendedMs;
  boolean isGiven;
  int length;

  /** Article to event time. */
  final Map<String, Long> clicks = new HashMap<>();

  /** Shop, segment and recent articles. */
  private byte[] context = NO_CONTEXT;

  /** Article and position (0: none) of each impression, in order of arrival. */
  private byte[] impressions = {};

  private int count;

  /** Of the bytes; null: nothing yet. */
  static ShownList of(byte[] bytes) throws IOException {
    ShownList list = new ShownList();
    if (bytes == null) {
      return list;
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int version = in.get();
    if (version != VERSION) {
      throw new IOException("shown list of version " + version + "; this release reads " + VERSION);
    }
    list.sinceMs = in.getLong();
    list.shownMs = in.getLong();
    list.untilMs = in.getLong();
    list.appendedMs = in.getLong();
    list.isGiven = in.get() != 0;
    list.length = in.getInt();
    int start = in.position();
    skipText(in);
    skipText(in);
    for (int left = in.getInt(); left > 0; left--) {
      skipText(in);
    }
    list.context = Arrays.copyOfRange(bytes, start, in.position());
    list.count = in.getInt();
    start = in.position();
    for (int left = list.count; left > 0; left--) {
      skipText(in);
      in.getInt();
    }
    list.impressions = Arrays.copyOfRange(bytes, start, in.position());
    for (int left = in.getInt(); left > 0; left--) {
      list.clicks.put(text(in), in.getLong());
    }
    return list;
  }

  byte[] toBytes() throws IOException {
    ByteArrayOutputStream clicked = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(clicked);
    out.writeInt(clicks.size());
    for (Map.Entry<String, Long> click : clicks.entrySet()) {
      write(out, click.getKey());
      out.writeLong(click.getValue());
    }
    ByteBuffer bytes = ByteBuffer.allocate(HEADER + contentSize() + clicked.size());
    bytes.put((byte) VERSION).putLong(sinceMs).putLong(shownMs).putLong(untilMs).putLong(appendedMs);
    bytes.put((byte) (isGiven ? 1 : 0));
    return content(bytes).put(clicked.toByteArray()).array();
  }

  /** Length (int), shop, segment, recent articles (count, each), impressions (count, then article and position each). */
  byte[] shown() {
    return content(ByteBuffer.allocate(contentSize())).array();
  }

  private int contentSize() {
    return 2 * Integer.BYTES + context.length + impressions.length;
  }

  private ByteBuffer content(ByteBuffer bytes) {
    return bytes.putInt(length).put(context).putInt(count).put(impressions);
  }

  /** What is the same of all impressions. */
  void begin(int length, String shop, String segment, String[] recent) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    DataOutputStream out = new DataOutputStream(bytes);
    write(out, shop);
    write(out, segment);
    out.writeInt(recent.length);
    for (String article : recent) {
      write(out, article);
    }
    this.length = length;
    context = bytes.toByteArray();
  }

  /** Adds an impression that there is not yet. */
  void add(String article, int position) {
    byte[] text = article.getBytes(StandardCharsets.UTF_8);
    ByteBuffer more = ByteBuffer.allocate(impressions.length + 2 * Integer.BYTES + text.length);
    impressions = more.put(impressions).putInt(text.length).put(text).putInt(position).array();
    count++;
  }

  /** How many impressions there are. */
  int size() {
    return count;
  }

  boolean has(String article) {
    byte[] text = article.getBytes(StandardCharsets.UTF_8);
    for (int at = 0; at < impressions.length; ) {
      int start = at + Integer.BYTES;
      int end = start + ByteBuffer.wrap(impressions).getInt(at);
      if (Arrays.equals(impressions, start, end, text, 0, text.length)) {
        return true;
      }
      at = end + Integer.BYTES;
    }
    return false;
  }

  /** A byte an impression: 1 where it was clicked after the list was shown, and before clicks ceased to count. */
  byte[] outcome() {
    byte[] outcome = new byte[count];
    ByteBuffer in = ByteBuffer.wrap(impressions);
    for (int at = 0; at < count && !clicks.isEmpty(); at++) {
      Long clickMs = clicks.get(text(in));
      in.getInt();
      outcome[at] = (byte) (clickMs != null && clickMs >= shownMs && clickMs < untilMs ? 1 : 0);
    }
    return outcome;
  }

  /** How many clicks there are on articles that the list has not. */
  int clicksWithoutImpression() {
    return (int) clicks.keySet().stream().filter(article -> !has(article)).count();
  }

  private static void skipText(ByteBuffer in) {
    int length = in.getInt();
    in.position(in.position() + length);
  }

  private static String text(ByteBuffer in) {
    byte[] text = new byte[in.getInt()];
    in.get(text);
    return new String(text, StandardCharsets.UTF_8);
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
