package io.tidemark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What every event of a visitor touches, as one entry of state, rewritten whole: state access costs more than bytes.
 *
 * <p>Layout after the entry's header: version (1), latest and earliest event time in the sums (longs; the least and
 * the greatest long while they are empty), erasure time (long: what happened then or before is forgotten; the least
 * long: nothing is), facets (1); then a facet: spilled (1), the total's {@link DecayedSums} (absent while the facet
 * has none: a zero byte instead of its version), count of values here (1), and each value: length (2), UTF-8, {@link
 * DecayedSums}.
 *
 * <p>A facet keeps its first {@value #INLINE} values here. When there is one more, all of them move to entries of
 * their own and the facet is spilled for good: brands and price bands stay, categories of a keen visitor go.
 */
final class VisitorState {
  static final byte VERSION = 2;
  static final int INLINE = 16;

  /** Name of the entry; those of single values begin with the facet's number. */
  private static final String VISITOR = "";

  private static final int LATEST = RecentVisitors.Entries.HEADER + 1;
  private static final int SINCE = LATEST + Long.BYTES;
  private static final int ERASED = SINCE + Long.BYTES;
  private static final int FACETS = ERASED + Long.BYTES;
  private static final int HEADER = FACETS + 1;

  private final RecentVisitors.Entries entries;
  private final double[] halfLives;
  private final int sums;
  private final ByteBuffer old;
  private double weight;
  private long eventTime;
  private ByteBuffer packed;
  private ByteBuffer next;

  /**
   * Reads the visitor's entry.
   *
   * @throws IllegalStateException it is of another version or has another number of facets.
   */
  VisitorState(RecentVisitors.Entries entries, int facets, double[] halfLives) throws Exception {
    this.entries = entries;
    this.halfLives = halfLives;
    sums = DecayedSums.size(halfLives);
    byte[] entry = entries.get(VISITOR);
    old = ByteBuffer.wrap(entry == null ? empty(facets) : entry);
    byte version = old.get(LATEST - 1);
    if (version != VERSION || old.get(FACETS) != facets) {
      throw new IllegalStateException("state of version " + version + " with " + old.get(FACETS)
          + " facets, this job reads version " + VERSION + " with " + facets + ": rebuild it by replay");
    }
  }

  /** Events of this time or before count for nothing. */
  long erased() {
    return old.getLong(ERASED);
  }

  /** Forgets what happened at {@code time} or before: all sums, unless everything in them is later. */
  void erase(long time) throws Exception {
    byte[] entry = old.array().clone();
    if (old.getLong(SINCE) <= time) {
      entries.clear();
      entry = empty(old.get(FACETS));
    }
    ByteBuffer.wrap(entry).putLong(ERASED, Math.max(erased(), time));
    entries.put(VISITOR, entry);
  }

  /** Adds an event with these facet values (null: none); returns its row. */
  byte[] add(String[] values, double weight, long eventTime) throws Exception {
    this.weight = weight;
    this.eventTime = eventTime;
    byte[][] encoded = new byte[values.length][];
    int growth = 0;
    for (int facet = 0; facet < values.length; facet++) {
      if (values[facet] != null) {
        encoded[facet] = values[facet].getBytes(StandardCharsets.UTF_8);
        growth += 2 + encoded[facet].length + 2 * sums;
      }
    }
    packed = ByteBuffer.allocate(2 * Long.BYTES + 2 * Double.BYTES * halfLives.length * values.length);
    next = ByteBuffer.allocate(old.capacity() + growth);
    addHeader();
    for (int facet = 0; facet < values.length; facet++) {
      if (values[facet] == null) {
        copyFacet();
        packed.position(packed.position() + 2 * Double.BYTES * halfLives.length);
      } else {
        addToFacet(facet, values[facet], encoded[facet]);
      }
    }
    entries.put(VISITOR, Arrays.copyOf(next.array(), next.position()));
    return packed.array();
  }

  private void addHeader() {
    long latest = Math.max(old.getLong(LATEST), eventTime);
    long since = Math.min(old.getLong(SINCE), eventTime);
    packed.putLong(latest).putLong(since);
    next.put(old.array(), 0, HEADER).putLong(LATEST, latest).putLong(SINCE, since);
    old.position(HEADER);
  }

  private void addToFacet(int facet, String value, byte[] encoded) throws Exception {
    boolean isSpilled = old.get() != 0;
    int total = old.get(old.position()) == 0 ? -1 : old.position();
    ByteBuffer ofValue = packed.slice(packed.position(), Double.BYTES * halfLives.length);
    packed.position(packed.position() + Double.BYTES * halfLives.length);
    int flag = next.position();
    next.put((byte) (isSpilled ? 1 : 0));
    DecayedSums.add(old, total, weight, eventTime, halfLives, next, packed);
    old.position(old.position() + (total < 0 ? 1 : sums));
    int count = old.get();
    int counted = next.position();
    next.put((byte) count);
    if (!isSpilled) {
      if (addInline(encoded, count, ofValue)) {
        return;
      }
      if (count < INLINE) {
        next.put(counted, (byte) (count + 1));
        next.putShort((short) encoded.length).put(encoded);
        DecayedSums.add(null, -1, weight, eventTime, halfLives, next, ofValue);
        return;
      }
      spill(facet, counted + 1, count);
      next.put(flag, (byte) 1).put(counted, (byte) 0).position(counted + 1);
    }
    addSpilled(facet + ":" + value, ofValue);
  }

  /** Copies the facet's values, the one in question with the event added; false: it is not among them. */
  private boolean addInline(byte[] value, int count, ByteBuffer log) {
    boolean found = false;
    for (int i = 0; i < count; i++) {
      int start = old.position();
      int length = old.getShort();
      int at = old.position() + length;
      if (!found && length == value.length && Arrays.equals(old.array(), at - length, at, value, 0, length)) {
        next.put(old.array(), start, at - start);
        DecayedSums.add(old, at, weight, eventTime, halfLives, next, log);
        found = true;
      } else {
        next.put(old.array(), start, at - start + sums);
      }
      old.position(at + sums);
    }
    return found;
  }

  private void addSpilled(String name, ByteBuffer log) throws Exception {
    byte[] before = entries.get(name);
    ByteBuffer after = ByteBuffer.allocate(RecentVisitors.Entries.HEADER + sums).position(RecentVisitors.Entries.HEADER);
    DecayedSums.add(before == null ? null : ByteBuffer.wrap(before), before == null ? -1 : after.position(), weight,
        eventTime, halfLives, after, log);
    entries.put(name, after.array());
  }

  private void spill(int facet, int from, int count) throws Exception {
    int position = from;
    for (int i = 0; i < count; i++) {
      int length = next.getShort(position);
      int at = position + 2 + length;
      ByteBuffer entry = ByteBuffer.allocate(RecentVisitors.Entries.HEADER + sums);
      entry.position(RecentVisitors.Entries.HEADER).put(next.array(), at, sums);
      entries.put(facet + ":" + new String(next.array(), position + 2, length, StandardCharsets.UTF_8), entry.array());
      position = at + sums;
    }
  }

  private void copyFacet() {
    int start = old.position();
    old.get();
    old.position(old.position() + (old.get(old.position()) == 0 ? 1 : sums));
    int count = old.get();
    for (int i = 0; i < count; i++) {
      old.position(old.position() + 2 + old.getShort(old.position()) + sums);
    }
    next.put(old.array(), start, old.position() - start);
  }

  private static byte[] empty(int facets) {
    ByteBuffer entry = ByteBuffer.allocate(HEADER + 3 * facets);
    entry.put(LATEST - 1, VERSION).put(FACETS, (byte) facets);
    return entry.putLong(LATEST, Long.MIN_VALUE).putLong(SINCE, Long.MAX_VALUE).putLong(ERASED, Long.MIN_VALUE).array();
  }
}
