"""`tidemark evaluate keywords`: keywords and tags of headlines, beside TF-IDF."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from operators.keywords.article_tables import DescribeSettings, Tables
from operators.keywords.describe_articles import describe, empty_model
from operators.keywords.read_articles import ReadArticle
from operators.maths.keywords.keyword_evidence import COLUMNS
from operators.maths.keywords.tag_model import TagSettings
from tidemark.evaluate.results import Row
from tidemark.evaluate.tf_idf import TfIdf
from tidemark.evaluate.tnews import CATEGORY, Headline, in_order

DATA = "tnews"
SEEDS = (1, 2, 3, 4, 5)
BATCH = 20
"""Articles a micro-batch."""

SETTINGS = DescribeSettings()
CENTROIDS = TagSettings(rate=0.0, output_rate=0.0, output_scale=0.0)
GOALS: dict[str, tuple[str, float]] = {}
Tick = Callable[[], object]


class Describer(Protocol):
    """Says of each article of a batch its keywords and its probable category, then learns from the batch."""

    def __call__(self, batch: Sequence[ReadArticle]) -> Iterator[tuple[list[str], str | None]]: ...


class Memory(dict[int, bytes]):
    """What keyed state is to the job."""

    put = dict[int, bytes].__setitem__


class Tidemark:
    """The functions of the job."""

    def __init__(self, settings: DescribeSettings) -> None:
        self._settings = settings
        self._model, self._tables = empty_model(settings), Tables(Memory(), Memory(), settings)

    def __call__(self, batch: Sequence[ReadArticle]) -> Iterator[tuple[list[str], str | None]]:
        described, self._model = describe(self._model, self._tables, batch, self._settings)
        for said in described:
            yield [keyword for keyword, _ in said.keywords], most_probable(said.tags.get(CATEGORY, {}))


@dataclass(frozen=True)
class Subject:
    """One line of the table. reads : what of an article it is given. seeds : of the orders, as many runs."""

    name: str
    describer: Callable[[], Describer]
    reads: Callable[[ReadArticle], ReadArticle] = lambda article: article
    seeds: tuple[int, ...] = SEEDS


def without(*columns: str) -> Callable[[], Describer]:
    return lambda: Tidemark(replace(SETTINGS, left_out=frozenset(columns)))


def with_tags(settings: TagSettings) -> Callable[[], Describer]:
    return lambda: Tidemark(replace(SETTINGS, tags=settings))


def unchosen(article: ReadArticle) -> ReadArticle:
    """The article without its editors' keywords."""
    return ReadArticle(
        **{name: getattr(article, name) for name in article.__struct_fields__} | {"keywords": []}
    )


SUBJECTS = [
    Subject("tidemark", lambda: Tidemark(SETTINGS)),
    Subject("TF-IDF", TfIdf),
]
_LEFT_OUT = {
    "without TextRank": without("text_rank"),
    "without NPMI": without("npmi"),
    "without log-odds": without("log_odds"),
    "without rarity": without("rarity"),
    "without parts of speech": without("kind"),
    "TextRank alone": without(*(set(COLUMNS) - {"intercept", "text_rank"}), "kind"),
    "tags without centroids": with_tags(TagSettings(sharpness=0.0)),
    "tags without the representation": with_tags(CENTROIDS),
}
WITHOUT = [
    *(Subject(name, describer, seeds=SEEDS[:2]) for name, describer in _LEFT_OUT.items()),
    Subject("editors' keywords unknown", lambda: Tidemark(SETTINGS), unchosen, SEEDS[:2]),
]


def headlines_described(headlines: Sequence[Headline], subject: Subject, tick: Tick) -> list[Row]:
    """Every headline is described before anything learns from it; those after the first quarter count."""
    scores = np.array([_scores(in_order(headlines, seed), subject, tick) for seed in subject.seeds])
    return [
        Row.over(metric, DATA, subject.name, scores[:, at])
        for at, metric in enumerate(("keyword_f1", "keyword_f1_present", "tag_accuracy"))
    ]


def _scores(headlines: Sequence[Headline], subject: Subject, tick: Tick) -> tuple[float, float, float]:
    """Mean F1 against editors' keywords, against those in the headline, share of categories found."""
    describer, quarter = subject.describer(), len(headlines) // 4
    every: list[float] = []
    present: list[float] = []
    hits: list[bool] = []
    for start in range(0, len(headlines), BATCH):
        batch = headlines[start : start + BATCH]
        said = describer([subject.reads(headline.article) for headline in batch])
        for at, (headline, (keywords, category)) in enumerate(zip(batch, said, strict=True), start):
            if at < quarter:
                continue
            if headline.article.keywords:
                every.append(f1(keywords, headline.article.keywords))
            if headline.present:
                present.append(f1(keywords, headline.present))
            if headline.category:
                hits.append(category == headline.category)
        tick()
    return float(np.mean(every)), float(np.mean(present)), float(np.mean(hits))


def f1(found: Sequence[str], true: Sequence[str] | frozenset[str]) -> float:
    """Of the words found, harmonic mean of precision and recall; 0 where nothing was found."""
    return 2 * len(set(found) & set(true)) / (len(set(found)) + len(set(true)))


def most_probable(tags: Mapping[str, float]) -> str | None:
    return max(tags, key=tags.__getitem__, default=None)
