package io.tidemark;

/**
 * The name of an event in state: 64 bits instead of a visitor's and an event's id.
 *
 * <p>{@link Fnv} over both, then the finalizer of MurmurHash3, so that every bit depends on every character.
 * Two events that share it count once. Only events of one bucket and one day can meet: at a billion a day in 65 536
 * buckets those are 10^18 / 2^17 pairs, of which one in 2^64 does, that is one in two million days.
 */
final class EventHash {
  private EventHash() {}

  static long of(String visitor, String event) {
    long hash = Fnv.add(Fnv.BASIS, visitor);
    hash = Fnv.add(Fnv.add(hash, 0x10000), event); // between the two what is no character
    return Fnv.finished(hash);
  }
}
