package io.tidemark;

import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.flink.table.api.dataview.MapView;

/**
 * State entries of the visitors that came last, as they were read or written: a visitor's events come in bursts, and
 * reading from RocksDB costs more than folding.
 *
 * <p>Every write goes through to the state at once, so nothing here is missed when it is lost. A key belongs to one
 * instance of the function, so nobody else writes what is kept here. What Flink drops by its time to live is found
 * gone at most {@value #TRUSTED_MS} ms later: no entry is trusted for longer than that, nor than the time to live.
 */
final class RecentVisitors {
  private static final long TRUSTED_MS = 60_000;
  private static final long CAPACITY_BYTES = 32 << 20;
  private static final int OBJECTS_BYTES = 160; // of an entry: two objects, a map's node, array headers

  private final LinkedHashMap<String, Map<String, Kept>> visitors = new LinkedHashMap<>(1024, 0.75f, true);
  private final long trustedMs;
  private long bytes;

  private record Kept(byte[] bytes, long untilMs) {}

  /** @param ttlMs time to live of the state; 0: it lives for ever. */
  RecentVisitors(long ttlMs) {
    trustedMs = ttlMs == 0 ? TRUSTED_MS : Math.min(ttlMs, TRUSTED_MS);
  }

  /** The entries of {@code visitor}, whose state is {@code state}; to be used for one event. */
  Entries entries(String visitor, MapView<String, byte[]> state) {
    Map<String, Kept> kept = visitors.computeIfAbsent(visitor, v -> new HashMap<>());
    for (Iterator<Map<String, Kept>> eldest = visitors.values().iterator(); bytes > CAPACITY_BYTES && visitors.size() > 1; ) {
      eldest.next().forEach((name, entry) -> bytes -= size(name, entry.bytes));
      eldest.remove();
    }
    return new Entries(kept, state, System.currentTimeMillis());
  }

  private static long size(String name, byte[] entry) {
    return OBJECTS_BYTES + name.length() + entry.length;
  }

  final class Entries {
    private final Map<String, Kept> kept;
    private final MapView<String, byte[]> state;
    private final long nowMs;

    private Entries(Map<String, Kept> kept, MapView<String, byte[]> state, long nowMs) {
      this.kept = kept;
      this.state = state;
      this.nowMs = nowMs;
    }

    /** The entry of that name; null: there is none. */
    byte[] get(String name) throws Exception {
      Kept known = kept.get(name);
      if (known != null && nowMs < known.untilMs) {
        return known.bytes;
      }
      byte[] stored = state.get(name);
      if (stored != null) {
        keep(name, stored);
      }
      return stored;
    }

    /** Replaces the entry of that name. */
    void put(String name, byte[] entry) throws Exception {
      state.put(name, entry);
      keep(name, entry);
    }

    private void keep(String name, byte[] entry) {
      bytes += size(name, entry);
      Kept former = kept.put(name, new Kept(entry, nowMs + trustedMs));
      if (former != null) {
        bytes -= size(name, former.bytes);
      }
    }
  }
}
