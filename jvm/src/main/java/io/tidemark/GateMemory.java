package io.tidemark;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.flink.table.api.dataview.MapView;

/**
 * What the gate remembers of a bucket of keys: the events that passed, and the units of each key's minutes.
 *
 * <p>{@code seen} has an entry an event, its hash and {@link Stamp}; {@code minutes} one a key and minute: a stamp (8
 * bytes), the count of units (4), a hash a named unit (8). Hashes have 64 bits: of two events of one bucket, or units of
 * one minute, that share one, the second counts as the first. What was not written for the time it is kept is absent.
 */
final class GateMemory {
  private static final int UNITS = Long.BYTES + Integer.BYTES;

  private final MapView<Long, Long> seen;
  private final MapView<Long, byte[]> minutes;
  private final long nowMs;
  private final long sinceMs;

  /** To be used for one event, at {@code nowMs}. */
  GateMemory(MapView<Long, Long> seen, MapView<Long, byte[]> minutes, long nowMs, long keptMs) {
    this.seen = seen;
    this.minutes = minutes;
    this.nowMs = nowMs;
    sinceMs = nowMs - keptMs;
  }

  boolean knows(Long event) throws Exception {
    Long stamp = seen.get(event);
    return stamp != null && Stamp.writtenMs(stamp) >= sinceMs;
  }

  void remember(Long event, long owner) throws Exception {
    seen.put(event, Stamp.of(nowMs, owner));
  }

  /** Counts a unit (null: one by itself) in a key's minute, unless it is there; false: there is no room for it. */
  boolean counts(long owner, long minute, Long unit, int limit) throws Exception {
    Long name = Fnv.finished(owner ^ Fnv.finished(minute));
    byte[] entry = minutes.get(name);
    ByteBuffer old = ByteBuffer.wrap(entry == null || writtenMs(entry) < sinceMs ? new byte[UNITS] : entry);
    int count = old.getInt(Long.BYTES);
    for (int at = UNITS; unit != null && at < old.capacity(); at += Long.BYTES) {
      if (old.getLong(at) == unit) {
        return true;
      }
    }
    if (count >= limit) {
      return false;
    }
    byte[] next = Arrays.copyOf(old.array(), old.capacity() + (unit == null ? 0 : Long.BYTES));
    ByteBuffer written = ByteBuffer.wrap(next).putLong(Stamp.of(nowMs, owner)).putInt(count + 1);
    if (unit != null) {
      written.putLong(old.capacity(), unit);
    }
    minutes.put(name, next);
    return true;
  }

  /** Removes what is the owner's: looks through the whole bucket. */
  void forget(long owner) throws Exception {
    Sweep.removeIf(seen, stamp -> Stamp.isOf(stamp, owner));
    Sweep.removeIf(minutes, entry -> Stamp.isOf(ByteBuffer.wrap(entry).getLong(), owner));
  }

  /** Removes what has expired; returns how many entries. */
  int sweep() throws Exception {
    return Sweep.removeExpired(seen, Stamp::writtenMs, sinceMs)
        + Sweep.removeExpired(minutes, GateMemory::writtenMs, sinceMs);
  }

  private static long writtenMs(byte[] minute) {
    return Stamp.writtenMs(ByteBuffer.wrap(minute).getLong());
  }
}
