package io.tidemark;

/** FNV-1a with 64 bits (Fowler, Noll, Vo), over bytes, or the UTF-16 of texts. */
final class Fnv {
  static final long BASIS = 0xcbf29ce484222325L;

  private static final long PRIME = 0x100000001b3L;

  private Fnv() {}

  /** The hash of what {@code hash} is the hash of, and then {@code text}. */
  static long add(long hash, String text) {
    for (int i = 0; i < text.length(); i++) {
      hash = add(hash, text.charAt(i));
    }
    return hash;
  }

  /** The hash of what {@code hash} is the hash of, and then {@code bytes}. */
  static long add(long hash, byte[] bytes) {
    for (byte one : bytes) {
      hash = add(hash, one);
    }
    return hash;
  }

  static long add(long hash, int unit) {
    return (hash ^ unit) * PRIME;
  }

  /** A hash of that text, every bit of it dependent on every character. */
  static long mixed(String text) {
    return finished(add(BASIS, text));
  }

  /** The finalizer of MurmurHash3 (Appleby). */
  static long finished(long hash) {
    hash = (hash ^ hash >>> 33) * 0xff51afd7ed558ccdL;
    hash = (hash ^ hash >>> 33) * 0xc4ceb9fe1a85ec53L;
    return hash ^ hash >>> 33;
  }
}
