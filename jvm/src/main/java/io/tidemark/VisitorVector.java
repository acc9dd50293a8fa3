package io.tidemark;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * What a visitor did at a shop, as decayed counts by category, and whether the present visit has a purchase.
 *
 * <p>Layout after the entry's header: version (1), latest and earliest event time (longs), whether the visit has a
 * purchase (1), count of categories (2), then a category: hash, time of its last event (longs) and its sum at each
 * horizon as of the latest event time (doubles). At most {@value #MOST} categories; the weakest makes room.
 *
 * <p>Events of one category at the same moment count once: a basket lists them, and ten of a kind are one wish. A visit
 * begins with an event more than the gap after the latest one.
 *
 * <p>A row, {@code packed}: kind (1: {@value #VISIT}), the latest event time with this event, the latest without it (the
 * least long: there was none) and the earliest (longs), whether a visit begins and whether it gets its first purchase (1
 * each), sales (double), hash of the category (long), what it gained at the first horizon (double, as of the latest event
 * time), count of categories (2), then a category: hash (long), its sum at the first horizon (double), and the other
 * horizons' sums times their weights (float). Of a vector that went it is the head alone: kind {@value #ERASED} and until
 * when, or kind {@value #EXPIRED}.
 */
final class VisitorVector {
  static final byte VERSION = 1;
  static final int MOST = 256;
  static final byte VISIT = 0;
  static final byte ERASED = 1;
  static final byte EXPIRED = 2;

  private static final int START = RecentVisitors.Entries.HEADER;
  private static final int SINCE = START + 1 + Long.BYTES;
  private static final int HEADER = SINCE + Long.BYTES + 1 + Short.BYTES;
  static final int ROW_HEADER = 1 + 3 * Long.BYTES + 2 + Double.BYTES + Long.BYTES + Double.BYTES + Short.BYTES;
  static final int ROW_ENTRY = Long.BYTES + Double.BYTES + Float.BYTES;

  private final double[] halfLives;
  private final double[] mixture;
  private final long gapMs;
  private final boolean isNew;
  private long latest = Long.MIN_VALUE;
  private long since = Long.MAX_VALUE;
  private boolean converted;
  private int count;
  private final long[] hashes;
  private final long[] last;
  private final double[] sums; // of a category one horizon after another
  private final int horizons;

  VisitorVector(byte[] entry, double[] halfLives, double[] mixture, long gapMs) {
    this.halfLives = halfLives;
    this.mixture = mixture;
    this.gapMs = gapMs;
    horizons = halfLives.length;
    isNew = entry == null;
    ByteBuffer from = isNew ? null : ByteBuffer.wrap(entry).position(START);
    if (!isNew) {
      byte version = from.get();
      if (version != VERSION) {
        throw new IllegalStateException(
            "vector of version " + version + ", this job reads version " + VERSION + ": rebuild it by replay");
      }
      latest = from.getLong();
      since = from.getLong();
      converted = from.get() != 0;
      count = from.getShort();
    }
    hashes = new long[count + 1];
    last = new long[count + 1];
    sums = new double[(count + 1) * horizons];
    for (int i = 0; i < count; i++) {
      hashes[i] = from.getLong();
      last[i] = from.getLong();
      for (int h = 0; h < horizons; h++) {
        sums[i * horizons + h] = from.getDouble();
      }
    }
  }

  /** The row of a vector that went; untilMs: of an erasure. */
  static byte[] gone(byte kind, long untilMs) {
    return ByteBuffer.allocate(ROW_HEADER).put(kind).putLong(untilMs).array();
  }

  /** The earliest event time in an entry. */
  static long since(byte[] entry) {
    return entry == null ? Long.MAX_VALUE : ByteBuffer.wrap(entry).getLong(SINCE);
  }

  /** Adds an event; returns its row. */
  byte[] add(long category, double weight, long eventTime, double sales, boolean purchase) {
    long before = latest;
    boolean begins = isNew || eventTime - latest > gapMs;
    converted &= !begins;
    boolean converts = purchase && !converted;
    converted |= purchase;
    since = Math.min(since, eventTime);
    latest = Math.max(latest, eventTime);
    if (!isNew && latest > before) {
      decayBy(latest - before);
    }
    double added = count(category, weight, eventTime);

    ByteBuffer row = ByteBuffer.allocate(ROW_HEADER + ROW_ENTRY * count);
    row.put(VISIT).putLong(latest).putLong(before).putLong(since).put((byte) (begins ? 1 : 0)).put((byte) (converts ? 1 : 0));
    row.putDouble(sales).putLong(category).putDouble(added).putShort((short) count);
    for (int i = 0; i < count; i++) {
      double others = 0;
      for (int h = 1; h < horizons; h++) {
        others += mixture[h] * sums[i * horizons + h];
      }
      row.putLong(hashes[i]).putDouble(sums[i * horizons]).putFloat((float) others);
    }
    return row.array();
  }

  private void decayBy(long elapsed) {
    for (int h = 0; h < horizons; h++) {
      double left = Math.pow(2, -elapsed / halfLives[h]);
      for (int i = h; i < count * horizons; i += horizons) {
        sums[i] *= left;
      }
    }
  }

  /** Returns what the category gained at the first horizon. */
  private double count(long category, double weight, long eventTime) {
    int at = 0;
    while (at < count && hashes[at] != category) {
      at++;
    }
    if (at < count && last[at] == eventTime) {
      return 0;
    }
    if (at == MOST) {
      at = weakest();
      Arrays.fill(sums, at * horizons, (at + 1) * horizons, 0);
    } else if (at == count) {
      count++;
    }
    hashes[at] = category;
    last[at] = eventTime;
    double added = weight * Math.pow(2, -(latest - eventTime) / halfLives[0]);
    for (int h = 0; h < horizons; h++) {
      sums[at * horizons + h] += weight * Math.pow(2, -(latest - eventTime) / halfLives[h]);
    }
    return added;
  }

  private int weakest() {
    int weakest = 0;
    for (int i = 1; i < count; i++) {
      weakest = sums[i * horizons] < sums[weakest * horizons] ? i : weakest;
    }
    return weakest;
  }

  /** The entry; its header is left to who keeps it. */
  byte[] toBytes() {
    ByteBuffer to = ByteBuffer.allocate(HEADER + count * (2 * Long.BYTES + Double.BYTES * horizons));
    to.position(START).put(VERSION).putLong(latest).putLong(since).put((byte) (converted ? 1 : 0)).putShort((short) count);
    for (int i = 0; i < count; i++) {
      to.putLong(hashes[i]).putLong(last[i]);
      for (int h = 0; h < horizons; h++) {
        to.putDouble(sums[i * horizons + h]);
      }
    }
    return to.array();
  }
}
