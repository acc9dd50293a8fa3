package io.tidemark;

import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.apache.flink.table.api.dataview.MapView;

/**
 * When each bucket's entries are next looked through for what has expired.
 *
 * <p>A bucket is due at a random moment of the first period after a start, then once a period, at its next event: the
 * work of all is spread, and nothing about it needs state. Its visitors who never return go with the rest.
 */
final class Sweep {
  private final long[] dueMs = new long[1 << 16];
  private final long everyMs;

  Sweep(long everyMs, long nowMs) {
    this.everyMs = everyMs;
    for (int i = 0; i < dueMs.length; i++) {
      dueMs[i] = nowMs + (long) (everyMs * ThreadLocalRandom.current().nextDouble());
    }
  }

  /** Whether the bucket is to be swept now; it is then due a period later. */
  boolean isDue(int bucket, long nowMs) {
    int at = bucket & (dueMs.length - 1);
    if (nowMs < dueMs[at]) {
      return false;
    }
    dueMs[at] = nowMs + everyMs;
    return true;
  }

  /** Removes the entries of the current key that were written before {@code beforeMs}; returns how many. */
  static <V> int removeExpired(MapView<?, V> state, ToLongFunction<V> writtenMs, long beforeMs) throws Exception {
    return removeIf(state, entry -> writtenMs.applyAsLong(entry) < beforeMs);
  }

  /** Removes the entries of the current key of which it is true; returns how many. */
  static <V> int removeIf(MapView<?, V> state, Predicate<V> isToGo) throws Exception {
    int removed = 0;
    for (Iterator<? extends Map.Entry<?, V>> entries = state.entries().iterator(); entries.hasNext(); ) {
      if (isToGo.test(entries.next().getValue())) {
        entries.remove();
        removed++;
      }
    }
    return removed;
  }
}
