package io.tidemark;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What every event of a visitor touches, as one entry of state, rewritten whole: state access costs more than bytes.
 *
 * <p>Layout: version (1), latest event time (long), erasure time (long, for later), facets (1); then a facet: spilled
 * (1), the total's {@link DecayedSums} (absent while the facet has none: a zero byte instead of its version), count
 * of values here (1), and each value: length (2), UTF-8, {@link DecayedSums}.
 *
 * <p>A facet keeps its first {@value #INLINE} values here. When there is one more, all of them move to entries of
 * their own and the facet is spilled for good: brands and price bands stay, categories of a keen visitor go.
 */
final class VisitorState {
  static final byte VERSION = 1;
  static final int INLINE = 16;

  /** Name of the entry; those of single values begin with the facet's number. */
  private static final String VISITOR = "";

  private static final int HEADER = 1 + 2 * Long.BYTES + 1;

  private final RecentVisitors.Entries entries;
  private final double[] halfLives;
  private final double weight;
  private final long eventTime;
  private final ByteBuffer packed;
  private ByteBuffer old;
  private ByteBuffer next;

  VisitorState(
      RecentVisitors.Entries entries, double[] halfLives, double weight, long eventTime, ByteBuffer packed) {
    this.entries = entries;
    this.halfLives = halfLives;
    this.weight = weight;
    this.eventTime = eventTime;
    this.packed = packed;
  }

  /** Adds an event with these facet values (null: none) to the state; its row goes to {@code packed}. */
  void add(byte[][] values) throws Exception {
    byte[] entry = entries.get(VISITOR);
    int sums = DecayedSums.size(halfLives);
    int growth = 0;
    for (byte[] value : values) {
      growth += 2 + sums + (value == null ? 0 : 2 + value.length + sums);
    }
    old = ByteBuffer.wrap(entry == null ? empty(values.length) : entry);
    next = ByteBuffer.allocate(old.capacity() + growth);
    long latest = Math.max(checked(values.length), eventTime);
    packed.putLong(latest);
    next.put(VERSION).putLong(latest).putLong(old.getLong()).put(old.get());
    for (int facet = 0; facet < values.length; facet++) {
      if (values[facet] == null) {
        copyFacet(sums);
        packed.position(packed.position() + 2 * Double.BYTES * halfLives.length);
      } else {
        addToFacet(facet, values[facet], sums);
      }
    }
    entries.put(VISITOR, Arrays.copyOf(next.array(), next.position()));
  }

  private void addToFacet(int facet, byte[] value, int sums) throws Exception {
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
      if (addInline(value, count, sums, ofValue)) {
        return;
      }
      if (count < INLINE) {
        next.put(counted, (byte) (count + 1));
        next.putShort((short) value.length).put(value);
        DecayedSums.add(null, -1, weight, eventTime, halfLives, next, ofValue);
        return;
      }
      spill(facet, counted + 1, count, sums);
      next.put(flag, (byte) 1).put(counted, (byte) 0).position(counted + 1);
    }
    addSpilled(facet, value, sums, ofValue);
  }

  /** Copies the facet's values, the one in question with the event added; false: it is not among them. */
  private boolean addInline(byte[] value, int count, int sums, ByteBuffer log) {
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

  private void addSpilled(int facet, byte[] value, int sums, ByteBuffer log) throws Exception {
    String key = key(facet, value, 0, value.length);
    byte[] before = entries.get(key);
    ByteBuffer after = ByteBuffer.allocate(sums);
    DecayedSums.add(before == null ? null : ByteBuffer.wrap(before), before == null ? -1 : 0, weight, eventTime,
        halfLives, after, log);
    entries.put(key, after.array());
  }

  private void spill(int facet, int from, int count, int sums) throws Exception {
    int position = from;
    for (int i = 0; i < count; i++) {
      int length = next.getShort(position);
      int at = position + 2 + length;
      entries.put(key(facet, next.array(), position + 2, length), Arrays.copyOfRange(next.array(), at, at + sums));
      position = at + sums;
    }
  }

  private void copyFacet(int sums) {
    int start = old.position();
    old.get();
    old.position(old.position() + (old.get(old.position()) == 0 ? 1 : sums));
    int count = old.get();
    for (int i = 0; i < count; i++) {
      old.position(old.position() + 2 + old.getShort(old.position()) + sums);
    }
    next.put(old.array(), start, old.position() - start);
  }

  /** Reads version and latest time, leaving the position behind them; refuses what this job cannot continue. */
  private long checked(int facets) {
    byte version = old.get();
    long latest = old.getLong();
    byte stored = old.get(HEADER - 1);
    if (version != VERSION || stored != facets) {
      throw new IllegalStateException("state of version " + version + " with " + stored + " facets, this job reads version "
          + VERSION + " with " + facets + ": rebuild it by replay");
    }
    return latest;
  }

  private static byte[] empty(int facets) {
    ByteBuffer entry = ByteBuffer.allocate(HEADER + 3 * facets);
    entry.put(VERSION).putLong(Long.MIN_VALUE).putLong(Long.MIN_VALUE).put((byte) facets);
    return entry.array();
  }

  private static String key(int facet, byte[] bytes, int offset, int length) {
    return facet + ":" + new String(bytes, offset, length, StandardCharsets.UTF_8);
  }
}
