"""Measure the parameters of the simulated feed on a MIND folder: what `feed_parameters` says is measured.

python -m tidemark.simulate.calibrate_feed FOLDER
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from operators.maths.arrays import Floats
from tidemark.evaluate.shown_lists import ShownLists, mind
from tidemark.replay.mind import Mind

HOUR_MS = 3_600_000
LATE_H = 36  # articles first shown later than this were born in the week that is recorded
OFTEN = 20  # impressions from which on a life is known
LEAST_HISTORY = 5  # described articles from which on a reader's topics are known


def relative_variance(c: Floats, e: Floats) -> float:
    """Of rates c/e over groups, beyond Poisson noise, over their mean squared; see `gamma_poisson`."""
    E, mu = e.sum(), c.sum() / e.sum()
    between = (c**2 / e).sum() - mu**2 * E - (len(e) - 1) * mu
    return float(between / (E - (e**2).sum() / E) / mu**2)


def log_spread(cv2: float) -> float:
    """Standard deviation of the logarithm of a log-normal of this relative variance."""
    return float(np.sqrt(np.log1p(max(cv2, 0.0))))


def articles(lists: ShownLists) -> dict[str, float]:
    at_ms = lists.at_ms[lists.list]
    first, last = np.full(lists.articles, np.iinfo(np.int64).max), np.zeros(lists.articles, dtype=np.int64)
    np.minimum.at(first, lists.article, at_ms)
    np.maximum.at(last, lists.article, at_ms)
    shown = np.bincount(lists.article, minlength=lists.articles)
    late = (first - at_ms.min() > LATE_H * HOUR_MS) & (shown >= OFTEN)
    life_h = (last - first)[late] / HOUR_MS
    born_h = (first[shown >= 10] - at_ms.min()) // HOUR_MS
    low, median, high = np.percentile(life_h, [10, 50, 90])
    chances, clicks = (
        np.bincount(lists.article, weights=of, minlength=lists.articles).astype(np.float64)
        for of in (lists.chance, lists.clicked)
    )
    return {
        "births_an_hour": float(np.bincount(born_h)[24:].mean()),
        "life_h": float(median),
        "life_spread": float(np.log(high / low) / 2.563),  # between the 10 and 90 % points of a normal
        "click_rate": float(lists.clicked.mean()),
        "appeal": log_spread(relative_variance(clicks[chances > 0], chances[chances > 0])),
        "fading": _fading((at_ms - first[lists.article]) / HOUR_MS, late[lists.article], lists),
    }


def _fading(age_h: Floats, of: np.typing.NDArray[np.bool_], lists: ShownLists) -> float:
    """Log-odds lost an hour: from the first hour's clicks over chances to those after 32 hours."""

    def rate(low: float, high: float) -> tuple[float, float]:
        rows = of & (age_h >= low) & (age_h < high)
        return float(lists.clicked[rows].sum() / lists.chance[rows].sum()), float(age_h[rows].mean())

    (early, began), (late, ended) = rate(0, 1), rate(32, 80)
    return float(np.log(early / late) / (ended - began))


def readers(folder: Path, lists: ShownLists) -> dict[str, float]:
    topic = {
        line.split("\t")[0]: line.split("\t")[1] for line in (folder / "news.tsv").open(encoding="utf-8")
    }
    names = sorted(set(topic.values()))
    counts = np.array([_topics(history, topic, names) for history in _histories(folder)])
    counts = counts[counts.sum(axis=1) >= LEAST_HISTORY]
    shares, exposure = counts.sum(axis=0) / counts.sum(), counts.sum(axis=1)
    common = shares > 0.01
    spread = [relative_variance(of, exposure) for of in counts[:, common].T]
    return {
        "history": float(np.median(lists.history_length)),
        "history_mean": float(lists.history_length.mean()),
        "readers_of_known_topics": float(len(counts)),
        "topic_taste": log_spread(float(np.average(spread, weights=shares[common]))),
        **{f"share of {name}": float(share) for name, share in zip(names, shares, strict=True)},
    }


def _histories(folder: Path) -> list[Sequence[str]]:
    found = {row.reader: row.history for _, row in Mind(folder).lists() if not isinstance(row, str)}
    return list(found.values())


def _topics(history: Sequence[str], topic: dict[str, str], names: list[str]) -> list[float]:
    known = [topic[article] for article in set(history) if article in topic]
    return [float(known.count(name)) for name in names]


def main() -> None:
    folder = Path(sys.argv[1])
    lists = mind(folder, sketch_bytes=1)
    for name, value in {**articles(lists), **readers(folder, lists)}.items():
        print(f"{name}: {value:.3f}")


if __name__ == "__main__":
    main()
