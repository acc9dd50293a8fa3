package io.tidemark;

import java.nio.ByteBuffer;

/**
 * The decayed sums of one key at every horizon, as bytes: version (1), T (long, epoch ms), S per horizon (double).
 *
 * <p>S_h is the sum of w·2^(−(T − t)/h) over the events (w, t) so far and T the latest t. This is forward decay
 * (Cormode, Shkapenyuk, Srivastava, Xu, ICDE 2009) with the landmark moved along to T, so nothing overflows; sums
 * commute, so events may come in any order. The layout of record is {@code state/decayed_sums.py}.
 */
final class DecayedSums {
  static final byte VERSION = 1;

  private static final int HEADER = 1 + Long.BYTES;
  private static final double LOG_2 = Math.log(2);

  private DecayedSums() {}

  static int size(double[] halfLives) {
    return HEADER + Double.BYTES * halfLives.length;
  }

  /** Writes at {@code to}'s position the sums after one more event, and log2 S + T/h of each to {@code log}. */
  static void add(
      ByteBuffer from, int at, double weight, long eventTime, double[] halfLives, ByteBuffer to, ByteBuffer log) {
    boolean isNew = at < 0;
    long before = isNew ? eventTime : latest(from, at);
    long latest = Math.max(before, eventTime);
    to.put(VERSION).putLong(latest);
    for (int i = 0; i < halfLives.length; i++) {
      double old = isNew ? 0.0 : from.getDouble(at + HEADER + Double.BYTES * i) * decay(latest - before, halfLives[i]);
      double sum = old + weight * decay(latest - eventTime, halfLives[i]);
      to.putDouble(sum);
      log.putDouble(Math.log(sum) / LOG_2 + latest / halfLives[i]);
    }
  }

  private static long latest(ByteBuffer from, int at) {
    byte version = from.get(at);
    if (version != VERSION) {
      throw new IllegalStateException(
          "decayed sums of version " + version + ", this release reads " + VERSION + ": rebuild the job's state by replay");
    }
    return from.getLong(at + 1);
  }

  private static double decay(long elapsed, double halfLife) {
    return elapsed == 0 ? 1.0 : Math.pow(2, -elapsed / halfLife);
  }
}
