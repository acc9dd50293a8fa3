package io.tidemark;

/** When an entry of state was written (epoch s, 32 bits) and a hash of whose it is (32 bits), as one number. */
final class Stamp {
  private Stamp() {}

  static long of(long nowMs, long owner) {
    return nowMs / 1000 << Integer.SIZE | owner >>> Integer.SIZE;
  }

  static long writtenMs(long stamp) {
    return (stamp >>> Integer.SIZE) * 1000;
  }

  /** Whether it is the owner's; one of 2^32 others has the same hash. */
  static boolean isOf(long stamp, long owner) {
    return (int) stamp == (int) (owner >>> Integer.SIZE);
  }
}
