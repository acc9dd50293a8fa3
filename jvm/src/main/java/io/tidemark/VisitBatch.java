package io.tidemark;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.AggregateFunction;
import org.apache.flink.types.Row;

/**
 * The rows of {@link VisitorVectors} in one micro-batch, in order of arrival, as three values of bytes.
 *
 * <p>{@code heads}, of each row: lengths in bytes of visitor id, shop id, industry and category (ints), when the broker
 * took it (long), and the head of its {@code packed}. {@code texts}: the four texts of each row (UTF-8), one after another.
 * {@code entries}: the categories of all vectors.
 *
 * <p>{@code ARRAY_AGG} has an entry of state a row and column; here it is one a batch. Of visits of one visitor at one shop
 * that follow each other the last alone has its vector, the others none: a basket comes as many rows, and what each of them
 * added stands in its head.
 */
@FunctionHint(output = @DataTypeHint("ROW<heads BYTES, texts BYTES, entries BYTES>"))
public class VisitBatch extends AggregateFunction<Row, VisitBatch.Rows> {
  private static final int TEXTS = 4;
  private static final int PACKED = TEXTS * Integer.BYTES + Long.BYTES;
  private static final int HEAD = PACKED + VisitorVector.ROW_HEADER;

  /** The three values so far, each with room behind its end. */
  public static final class Rows {
    public byte[] heads = {};
    public byte[] texts = {};
    public byte[] entries = {};
    public int headsEnd;
    public int textsEnd;
    public int entriesEnd;
  }

  @Override
  public Rows createAccumulator() {
    return new Rows();
  }

  public void accumulate(
      Rows rows,
      @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData visitor,
      @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData shop,
      @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData industry,
      @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData category,
      Long appended_ms,
      byte[] packed) {
    byte[][] texts = {bytes(visitor), bytes(shop), bytes(industry), bytes(category)};
    if (packed[0] == VisitorVector.VISIT && isOfLast(rows, texts[0], texts[1])) {
      dropLastVector(rows);
    }
    rows.heads = withRoom(rows.heads, rows.headsEnd + HEAD);
    ByteBuffer head = ByteBuffer.wrap(rows.heads).position(rows.headsEnd);
    for (byte[] text : texts) {
      head.putInt(text.length);
      rows.texts = appended(rows.texts, rows.textsEnd, text, 0, text.length);
      rows.textsEnd += text.length;
    }
    head.putLong(appended_ms).put(packed, 0, VisitorVector.ROW_HEADER);
    rows.headsEnd += HEAD;
    int vector = packed.length - VisitorVector.ROW_HEADER;
    rows.entries = appended(rows.entries, rows.entriesEnd, packed, VisitorVector.ROW_HEADER, vector);
    rows.entriesEnd += vector;
  }

  @Override
  public Row getValue(Rows rows) {
    return Row.of(
        Arrays.copyOf(rows.heads, rows.headsEnd),
        Arrays.copyOf(rows.texts, rows.textsEnd),
        Arrays.copyOf(rows.entries, rows.entriesEnd));
  }

  /** Whether the last row is a visit of this visitor at this shop. */
  private static boolean isOfLast(Rows rows, byte[] visitor, byte[] shop) {
    int last = rows.headsEnd - HEAD;
    if (last < 0 || rows.heads[last + PACKED] != VisitorVector.VISIT) {
      return false;
    }
    ByteBuffer lengths = ByteBuffer.wrap(rows.heads).position(last);
    int ofVisitor = lengths.getInt();
    int ofShop = lengths.getInt();
    int start = rows.textsEnd - ofVisitor - ofShop - lengths.getInt() - lengths.getInt();
    int middle = start + ofVisitor;
    return Arrays.equals(rows.texts, start, middle, visitor, 0, visitor.length)
        && Arrays.equals(rows.texts, middle, middle + ofShop, shop, 0, shop.length);
  }

  private static void dropLastVector(Rows rows) {
    ByteBuffer heads = ByteBuffer.wrap(rows.heads);
    int count = rows.headsEnd - Short.BYTES; // the head's last field
    rows.entriesEnd -= heads.getShort(count) * VisitorVector.ROW_ENTRY;
    heads.putShort(count, (short) 0);
  }

  private static byte[] appended(byte[] to, int end, byte[] from, int start, int length) {
    byte[] grown = withRoom(to, end + length);
    System.arraycopy(from, start, grown, end, length);
    return grown;
  }

  private static byte[] withRoom(byte[] of, int size) {
    return size <= of.length ? of : Arrays.copyOf(of, Math.max(size, 2 * of.length));
  }

  private static byte[] bytes(StringData text) {
    return text == null ? new byte[0] : text.toBytes();
  }
}
