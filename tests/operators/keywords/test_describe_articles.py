"""What the models say of articles, and what they learn from them."""

import numpy as np
import pytest

from operators.keywords.article_tables import DescribeSettings, Tables
from operators.keywords.describe_articles import Description, describe, empty_model
from operators.keywords.describe_tags import MOST_KINDS
from operators.keywords.read_articles import ReadArticle, read_article, term
from operators.keywords.update_article_models import article_features
from operators.maths.keywords.term_counts import counts_at
from state.article_model import ArticleModel
from tests.synthetic_articles import synthetic_articles

SETTINGS = DescribeSettings()


class Memory(dict[int, bytes]):
    """A `MapState` of one process."""

    put = dict[int, bytes].__setitem__


def read(title: str, *tags: str, at_ms: int = 0) -> ReadArticle:
    return read_article("a", title, "", tags, at_ms, at_ms)


class Models:
    """As the job keeps them: after every batch through bytes."""

    def __init__(self) -> None:
        self.terms = Memory()
        self._tables = Tables(self.terms, Memory(), SETTINGS)
        self.blob = empty_model(SETTINGS).to_bytes()

    def __call__(self, *articles: ReadArticle) -> list[Description]:
        said, model = describe(ArticleModel.from_bytes(self.blob), self._tables, articles, SETTINGS)
        self.blob = model.to_bytes()
        return said

    def counted(self, text: str) -> list[float]:
        x = np.frombuffer(self.terms[term(text)])
        return [float(count) for count in counts_at(x, 0, SETTINGS.half_life_ms)]


@pytest.fixture(scope="module")
def taught() -> Models:
    models = Models()
    articles = [
        read_article(a["article_id"], a["title"], a["text"], a["tags"], 0, 0)
        for a in synthetic_articles(1_000)
    ]
    for start in range(0, len(articles), 25):
        models(*articles[start : start + 25])
    return models


def test_what_editors_choose_and_say_is_found_again(taught: Models) -> None:
    (said,) = taught(read("口红 for lipstick 面膜"))
    assert {keyword for keyword, _ in said.keywords[:3]} == {"口红", "lipstick", "面膜"}
    assert max(said.tags["industry"], key=said.tags["industry"].__getitem__) == "beauty"
    assert sum(said.tags["industry"].values()) == pytest.approx(1)


def test_the_first_article_of_all_has_keywords_and_no_tags() -> None:
    (said,) = Models()(read("Green tea prices rise in the harvest"))
    assert said.keywords
    assert all(0 < p < 1 for _, p in said.keywords)
    assert (dict(said.tags), said.seen) == ({}, 0)


def test_a_batch_is_described_before_anything_is_learned_from_it() -> None:
    models, labelled = Models(), read("green tea", "keyword:green tea", "industry:food")
    first, second = models(labelled, labelled)
    assert first.keywords == second.keywords
    (third,) = models(labelled)
    assert dict(third.keywords)["green tea"] > dict(first.keywords).get("green tea", 0.0)


def test_counts_are_of_articles_offered_and_chosen() -> None:
    models = Models()
    models(read("tea and tea", "keyword:tea"), read("tea", "keyword:cake"), read("tea"), read("cake"))
    assert models.counted("tea") == pytest.approx([3, 2, 1])
    assert models.counted("and") == pytest.approx([1, 0, 0])


def test_a_count_halves_in_its_half_life() -> None:
    models = Models()
    models(read("tea", at_ms=-round(SETTINGS.half_life_ms)), read("tea"))
    assert models.counted("tea")[0] == pytest.approx(1.5)


@pytest.mark.parametrize("title", ["", "😀👍🏽", "x" * 4096, "字" * 4096])
def test_a_text_without_words_is_described_as_nothing_in_particular(taught: Models, title: str) -> None:
    (said,) = taught(read(title, "keyword:tea", "industry:food"))
    assert len(said.keywords) <= SETTINGS.most
    assert sum(said.tags["industry"].values()) == pytest.approx(1)


def test_kinds_of_tags_are_told_apart_and_bounded() -> None:
    models = Models()
    models(
        read("tea", "mood:calm", "industry:food"), *(read("x", f"kind{i}:a") for i in range(2 * MOST_KINDS))
    )
    (said,) = models(read("tea"))
    assert len(said.tags) == MOST_KINDS
    assert said.tags["mood"] == {"calm": 1.0}


def test_no_articles_change_nothing() -> None:
    models = Models()
    before = models.blob
    assert models() == []
    assert models.blob == before


def test_of_a_kind_that_editors_tagged_theirs_is_published(taught: Models) -> None:
    untagged, tagged = read("口红"), read("口红", "industry:food")
    predicted, said = taught(untagged, tagged)
    found = article_features(untagged, predicted, SETTINGS).tags
    assert len(found) == SETTINGS.tags_shown
    assert found[0][0] == "industry:beauty"
    assert article_features(tagged, said, SETTINGS).tags == (("industry:food", 1.0),)
