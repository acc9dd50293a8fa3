package io.tidemark;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The articles that a visitor clicked last, each once, the latest first: an entry of keyed state.
 *
 * <p>Bytes: version, then each click's event time (long) and article (length, UTF-8).
 */
final class RecentClicks {
  static final int MOST = 100;
  private static final int VERSION = 1;

  private record Click(long timeMs, String article) {}

  private final List<Click> clicks = new ArrayList<>();

  /** Of the bytes; null: nothing yet. */
  static RecentClicks of(byte[] bytes) throws IOException {
    RecentClicks recent = new RecentClicks();
    if (bytes == null) {
      return recent;
    }
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
    int version = in.readByte();
    if (version != VERSION) {
      throw new IOException("recent clicks of version " + version + "; this release reads " + VERSION);
    }
    while (in.available() > 0) {
      recent.clicks.add(new Click(in.readLong(), ShownList.text(in)));
    }
    return recent;
  }

  byte[] toBytes() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeByte(VERSION);
    for (Click click : clicks) {
      out.writeLong(click.timeMs());
      ShownList.write(out, click.article());
    }
    return bytes.toByteArray();
  }

  /** Adds a click, whenever it was; the oldest of more than {@value #MOST} articles goes. */
  void add(String article, long timeMs) {
    for (Click click : clicks) {
      if (click.article().equals(article)) {
        timeMs = Math.max(timeMs, click.timeMs());
      }
    }
    clicks.removeIf(click -> click.article().equals(article));
    clicks.add(new Click(timeMs, article));
    clicks.sort(Comparator.comparingLong(Click::timeMs).reversed());
    if (clicks.size() > MOST) {
      clicks.remove(MOST);
    }
  }

  /** Event time of the latest; the least while there is none. */
  long latestMs() {
    return clicks.isEmpty() ? Long.MIN_VALUE : clicks.get(0).timeMs();
  }

  void forget(long untilMs) {
    clicks.removeIf(click -> click.timeMs() <= untilMs);
  }
}
