package io.tidemark;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.table.api.dataview.MapView;

/**
 * Entries of visitors: their names, how long they live, and those of the visitors that came last on the heap.
 *
 * <p>A bucket's state holds the entries of all its visitors. A key is the length of the visitor's id, a colon, the id
 * and the entry's name, so no visitor's keys begin like another's. An entry begins with when it was written (epoch ms
 * of processing time, 8 bytes) and counts as absent once that is longer ago than the time to live.
 *
 * <p>A visitor's events come in bursts, and reading from RocksDB costs more than folding. Every write goes through to
 * the state at once, so nothing kept here is missed when it is lost; a key belongs to one instance of the function, so
 * nobody else writes it; and what a sweep removes has expired here too.
 */
final class RecentVisitors {
  private static final long CAPACITY_BYTES = 32 << 20;
  private static final byte[] ABSENT = {}; // it is known that there is no such entry
  private static final int OBJECTS_BYTES = 200; // of an entry: nodes of maps, strings, headers of arrays

  private final LinkedHashMap<String, Visitor> visitors = new LinkedHashMap<>(1024, 0.75f, true);
  private final long ttlMs;
  private long bytes;

  private record Visitor(String prefix, Map<String, byte[]> entries) {}

  RecentVisitors(long ttlMs) {
    this.ttlMs = ttlMs;
  }

  /** The entries of {@code visitor}, whose bucket's state is {@code state}; to be used for one event. */
  Entries entries(String visitor, MapView<String, byte[]> state, long nowMs) {
    Visitor known = visitors.get(visitor);
    if (known == null) {
      known = new Visitor(visitor.length() + ":" + visitor, new HashMap<>());
      visitors.put(visitor, known);
    }
    if (bytes > CAPACITY_BYTES) {
      evict();
    }
    return new Entries(known, state, nowMs);
  }

  private void evict() {
    for (Iterator<Visitor> eldest = visitors.values().iterator(); bytes > CAPACITY_BYTES && visitors.size() > 1; ) {
      forget(eldest.next());
      eldest.remove();
    }
  }

  private void forget(Visitor visitor) {
    visitor.entries.forEach((key, entry) -> bytes -= size(key, entry));
    visitor.entries.clear();
  }

  private static long size(String key, byte[] entry) {
    return OBJECTS_BYTES + key.length() + entry.length;
  }

  /** The visitor whose entry has that key. */
  static String visitor(String key) {
    int start = key.indexOf(':') + 1;
    return key.substring(start, start + Integer.parseInt(key, 0, start - 1, 10));
  }

  /** The name of the entry that has that key. */
  static String name(String key) {
    int start = key.indexOf(':') + 1;
    return key.substring(start + Integer.parseInt(key, 0, start - 1, 10));
  }

  static long writtenMs(byte[] entry) {
    return ByteBuffer.wrap(entry).getLong();
  }

  final class Entries {
    static final int HEADER = Long.BYTES;

    /** Name of the entry that holds until when the visitor was erased. */
    static final String ERASED = "";

    private final Visitor visitor;
    private final MapView<String, byte[]> state;
    private final long nowMs;

    private Entries(Visitor visitor, MapView<String, byte[]> state, long nowMs) {
      this.visitor = visitor;
      this.state = state;
      this.nowMs = nowMs;
    }

    /** The entry of that name, {@value #HEADER} bytes before its content; null: there is none. */
    byte[] get(String name) throws Exception {
      String key = key(name);
      byte[] entry = visitor.entries.get(key);
      if (entry == null) {
        entry = state.get(key);
        keep(key, entry == null ? ABSENT : entry);
      }
      return entry == null || entry == ABSENT || writtenMs(entry) < nowMs - ttlMs ? null : entry;
    }

    /** Replaces the entry of that name; its first {@value #HEADER} bytes are written here. */
    void put(String name, byte[] entry) throws Exception {
      String key = key(name);
      ByteBuffer.wrap(entry).putLong(nowMs);
      state.put(key, entry);
      keep(key, entry);
    }

    /** Removes the entry of that name, if there is one. */
    void remove(String name) throws Exception {
      String key = key(name);
      state.remove(key);
      keep(key, ABSENT);
    }

    /** Until when what the visitor did is to be forgotten; the least long: it never asked. */
    long untilErased() throws Exception {
      byte[] until = get(ERASED);
      return until == null ? Long.MIN_VALUE : ByteBuffer.wrap(until).getLong(HEADER);
    }

    /** Keeps that what the visitor did until then is to be forgotten. */
    void eraseUntil(long untilMs) throws Exception {
      put(ERASED, ByteBuffer.allocate(HEADER + Long.BYTES).putLong(HEADER, untilMs).array());
    }

    /** Names of the visitor's entries: looks through the whole bucket. */
    List<String> names() throws Exception {
      List<String> names = new ArrayList<>();
      for (String key : state.keys()) {
        if (key.startsWith(visitor.prefix)) {
          names.add(key.substring(visitor.prefix.length()));
        }
      }
      return names;
    }

    /** Removes every entry of the visitor: looks through the whole bucket. */
    void clear() throws Exception {
      for (String name : names()) {
        remove(name);
      }
    }

    private String key(String name) {
      return name.isEmpty() ? visitor.prefix : visitor.prefix + name;
    }

    private void keep(String key, byte[] entry) {
      byte[] former = visitor.entries.put(key, entry);
      bytes += former == null ? size(key, entry) : entry.length - former.length;
    }
  }
}
