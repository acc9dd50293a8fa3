package io.tidemark;

import java.nio.ByteBuffer;

/**
 * The decayed sums of one key at every horizon, as bytes: version (1), T (long, epoch ms), S per horizon (double).
 *
 * <p>S_h is the sum of w·2^(−(T − t)/h) over the events (w, t) so far and T the latest t. This is forward decay
 * (Cormode, Shkapenyuk, Srivastava, Xu, ICDE 2009) with the landmark moved along to T, so nothing overflows; sums
 * commute, so events may come in any order. The Python twin is {@code state/decayed_sums.py}.
 */
final class DecayedSums {
  private static final byte VERSION = 1;
  private static final int HEADER = 1 + Long.BYTES;
  private static final double LOG_2 = Math.log(2);

  private DecayedSums() {}

  /** The sums after one more event; {@code old} is null for a key seen for the first time. */
  static byte[] add(byte[] old, double weight, long eventTime, double[] halfLives) {
    byte[] sums = new byte[HEADER + Double.BYTES * halfLives.length];
    ByteBuffer to = ByteBuffer.wrap(sums);
    long latest = old == null ? eventTime : Math.max(latest(old), eventTime);
    to.put(VERSION).putLong(latest);
    for (int i = 0; i < halfLives.length; i++) {
      double before = old == null ? 0.0 : sum(old, i) * decay(latest - latest(old), halfLives[i]);
      to.putDouble(before + weight * decay(latest - eventTime, halfLives[i]));
    }
    return sums;
  }

  /** Appends log2 S + T/h of every horizon: a number that only grows, whose order needs no "as of". */
  static void putLogValues(byte[] sums, double[] halfLives, ByteBuffer to) {
    for (int i = 0; i < halfLives.length; i++) {
      to.putDouble(Math.log(sum(sums, i)) / LOG_2 + latest(sums) / halfLives[i]);
    }
  }

  static long latest(byte[] sums) {
    return check(sums).getLong(1);
  }

  private static double sum(byte[] sums, int horizon) {
    return ByteBuffer.wrap(sums).getDouble(HEADER + Double.BYTES * horizon);
  }

  private static double decay(long elapsed, double halfLife) {
    return elapsed == 0 ? 1.0 : Math.pow(2, -elapsed / halfLife);
  }

  private static ByteBuffer check(byte[] sums) {
    if (sums[0] != VERSION) {
      throw new IllegalStateException("decayed sums of version " + sums[0] + ", this release reads " + VERSION
          + ": rebuild the job's state by replay");
    }
    return ByteBuffer.wrap(sums);
  }
}
