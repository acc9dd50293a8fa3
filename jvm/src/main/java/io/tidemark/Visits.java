package io.tidemark;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What one visitor saw and bought at one shop within one span of event time: an entry of keyed state.
 *
 * <p>Bytes, after the entry's header: version, count of exposures, each as event time (long), event id, segment (empty: none) and layout (UTF);
 * then purchases to the end, each as event time (long) and revenue (double).
 */
final class Visits {
  private static final int VERSION = 1;
  private static final int HEADER = RecentVisitors.Entries.HEADER;

  record Exposure(long timeMs, String id, String segment, String layout) {}

  record Purchase(long timeMs, double revenue) {}

  final List<Exposure> exposures = new ArrayList<>();
  final List<Purchase> purchases = new ArrayList<>();

  /** Of the bytes; null: nothing yet. */
  static Visits of(byte[] bytes) throws IOException {
    Visits visits = new Visits();
    if (bytes == null) {
      return visits;
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes, HEADER, bytes.length - HEADER));
    int version = in.readByte();
    if (version != VERSION) {
      throw new IOException("visits of version " + version + "; this release reads " + VERSION);
    }
    for (int left = in.readInt(); left > 0; left--) {
      visits.exposures.add(new Exposure(in.readLong(), in.readUTF(), in.readUTF(), in.readUTF()));
    }
    while (in.available() > 0) {
      visits.purchases.add(new Purchase(in.readLong(), in.readDouble()));
    }
    return visits;
  }

  /** The entry; its header is left to who keeps it. */
  byte[] toBytes() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.write(new byte[HEADER]);
    out.writeByte(VERSION);
    out.writeInt(exposures.size());
    for (Exposure exposure : exposures) {
      out.writeLong(exposure.timeMs());
      out.writeUTF(exposure.id());
      out.writeUTF(exposure.segment());
      out.writeUTF(exposure.layout());
    }
    for (Purchase purchase : purchases) {
      out.writeLong(purchase.timeMs());
      out.writeDouble(purchase.revenue());
    }
    return bytes.toByteArray();
  }

  int size() {
    return exposures.size() + purchases.size();
  }

  void forget(long untilMs) {
    exposures.removeIf(exposure -> exposure.timeMs() <= untilMs);
    purchases.removeIf(purchase -> purchase.timeMs() <= untilMs);
  }
}
