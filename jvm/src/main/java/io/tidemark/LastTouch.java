package io.tidemark;

import io.tidemark.Visits.Exposure;
import io.tidemark.Visits.Purchase;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Which purchases each exposure is credited with: a purchase is owed to the last exposure at its time or before it,
 * less than the window before. Of exposures of one moment the one with the greatest event id is the last.
 */
final class LastTouch {
  /** How many purchases, and what they brought: the same sum, to the last bit, in whatever order they came. */
  record Credit(int purchases, double revenue) {}

  private static final Comparator<Purchase> BY_TIME =
      Comparator.comparingLong(Purchase::timeMs).thenComparingDouble(Purchase::revenue);

  private LastTouch() {}

  /** The exposures that are owed something. */
  static Map<Exposure, Credit> credits(Visits[] spans, long windowMs) {
    TreeMap<Long, Exposure> lastOf = new TreeMap<>();
    List<Purchase> purchases = new ArrayList<>();
    for (Visits visits : spans) {
      for (Exposure exposure : visits.exposures) {
        lastOf.merge(exposure.timeMs(), exposure, (a, b) -> a.id().compareTo(b.id()) > 0 ? a : b);
      }
      purchases.addAll(visits.purchases);
    }
    purchases.sort(BY_TIME);
    Map<Exposure, Credit> credits = new HashMap<>();
    for (Purchase purchase : purchases) {
      Map.Entry<Long, Exposure> last = lastOf.floorEntry(purchase.timeMs());
      if (last != null && purchase.timeMs() - last.getKey() < windowMs) {
        Credit first = new Credit(1, purchase.revenue());
        credits.merge(last.getValue(), first, (a, b) -> new Credit(a.purchases + 1, a.revenue + b.revenue));
      }
    }
    return credits;
  }
}
