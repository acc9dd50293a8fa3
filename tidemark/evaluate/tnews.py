"""TNEWS: Chinese headlines with editors' keywords, some with one of fifteen categories."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

import numpy as np

from operators.keywords.article_text import normalised
from operators.keywords.read_articles import ReadArticle, read_article
from tidemark.errors import UserError

FILES = ("train_few_all", "dev_few_all", "test_public", "unlabeled")
CATEGORY = "category"


@dataclass(frozen=True)
class Headline:
    """article : as the job reads it. present : those of its editors' keywords that stand in the headline."""

    article: ReadArticle
    title: str
    present: frozenset[str]

    @property
    def category(self) -> str | None:
        return next((tag for kind, tag in self.article.tags if kind == CATEGORY), None)


def tnews(folder: Path) -> list[Headline]:
    """Distinct headlines in the order of a hash: the files are sorted by category.

    Raises
    ------
    UserError : a file is missing, or holds something else.
    """
    found: dict[str, tuple[bytes, Headline]] = {}
    for name in FILES:
        for row in _rows(folder / f"{name}.json"):
            order = blake2b(f"{name}:{row['id']}".encode(), digest_size=8).digest()
            found.setdefault(row["sentence"], (order, _headline(row)))
    return [headline for _, headline in sorted(found.values(), key=lambda pair: pair[0])]


def in_order(headlines: Sequence[Headline], seed: int) -> list[Headline]:
    """Shuffled within the first quarter, where settings are chosen, and within the rest, which is scored."""
    dice, quarter = np.random.default_rng(seed), len(headlines) // 4
    order = [*dice.permutation(quarter), *(quarter + dice.permutation(len(headlines) - quarter))]
    return [headlines[at] for at in order]


def _rows(file: Path) -> Iterator[dict[str, str]]:
    try:
        with file.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)
    except OSError as error:
        raise UserError(
            f"{file}: {error.strerror}; a TNEWS folder has {', '.join(FILES)} as .json"
        ) from error
    except ValueError as error:
        raise UserError(f"{file} is not TNEWS, one JSON object a line: {error}") from error


def _headline(row: dict[str, str]) -> Headline:
    keywords = [f"keyword:{word}" for word in row["keywords"].split(",") if word.strip()]
    category = [f"{CATEGORY}:{row['label_desc']}"] if "label_desc" in row else []
    article = read_article(str(row["id"]), row["sentence"], "", [*keywords, *category], 0, 0)
    title = normalised(row["sentence"])
    return Headline(article, title, frozenset(word for word in article.keywords if word in title))
