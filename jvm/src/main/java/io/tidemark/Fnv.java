package io.tidemark;

/** FNV-1a with 64 bits (Fowler, Noll, Vo), over the UTF-16 of texts. */
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

  static long add(long hash, int unit) {
    return (hash ^ unit) * PRIME;
  }
}
