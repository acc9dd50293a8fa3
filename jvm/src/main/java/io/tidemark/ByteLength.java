package io.tidemark;

import org.apache.flink.table.functions.ScalarFunction;

/** How many bytes a BYTES value has (SQL has no OCTET_LENGTH); 0 for null. */
public class ByteLength extends ScalarFunction {
  public int eval(byte[] value) {
    return value == null ? 0 : value.length;
  }
}
