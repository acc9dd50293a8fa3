"""What all articles share, as bytes; a blob of every released version is readable for ever."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from state.article_model import ArticleModel

GOLDEN = Path(__file__).parent / "golden"

MODEL = ArticleModel(
    tags={"industry": ("beauty", "食品"), "mood": ("calm",)},
    outputs={"industry": np.arange(8.0).reshape(2, 4), "mood": np.full((1, 4), -0.5)},
    mean=np.array([1.5, -2.0]),
    precision=np.array([[2.0, 0.25], [0.25, 3.0]]),
    totals=np.array([1.0, 2.5, -np.inf]),
    seen=12_345,
)
EMPTY = ArticleModel({}, {}, np.zeros(2), np.eye(2), np.full(3, -np.inf), 0)


def same(one: ArticleModel, other: ArticleModel) -> bool:
    return (one.tags, one.seen) == (other.tags, other.seen) and one.to_bytes() == other.to_bytes()


@pytest.mark.parametrize("model", [MODEL, EMPTY])
def test_bytes_and_back(model: ArticleModel) -> None:
    read = ArticleModel.from_bytes(model.to_bytes())
    assert same(read, model)
    assert (read.precision == model.precision).all()
    assert (read.totals == model.totals).all()


def test_the_released_version_is_readable_for_ever() -> None:
    blob = bytes.fromhex((GOLDEN / "article_model.v1.hex").read_text())
    assert same(ArticleModel.from_bytes(blob), MODEL)


def test_another_version_too_few_bytes_and_numbers_that_are_none_are_refused() -> None:
    blob = MODEL.to_bytes()
    with pytest.raises(ValueError, match="version 9"):
        ArticleModel.from_bytes(b"\x09" + blob[1:])
    with pytest.raises(ValueError, match="no article model"):
        ArticleModel.from_bytes(blob[:-8])
    with pytest.raises(ValueError, match="no article model"):
        ArticleModel.from_bytes(b"\x01")
    with pytest.raises(ValueError, match="NaN"):
        replace(MODEL, mean=np.array([np.nan, 0.0])).to_bytes()
