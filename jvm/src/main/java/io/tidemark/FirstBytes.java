package io.tidemark;

import java.util.Arrays;
import org.apache.flink.table.functions.ScalarFunction;

/** The first bytes of a BYTES value, at most so many: what a topic with a limit can take of it. */
public class FirstBytes extends ScalarFunction {
  public byte[] eval(byte[] value, Integer atMost) {
    return value == null || value.length <= atMost ? value : Arrays.copyOf(value, atMost);
  }
}
