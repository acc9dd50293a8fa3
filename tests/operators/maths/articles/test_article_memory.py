"""The ring of an article against a list that is searched."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.maths.articles.article_memory import OVERLAP_POWERS, Memory, affinity, remember
from operators.maths.articles.slate_sketch import similarity

PLACES, D, S = 5, 3, 16
batches = st.lists(st.lists(st.integers(0, 2), max_size=12), max_size=5)


def made(articles: list[int], random: np.random.Generator) -> tuple[np.ndarray, ...]:  # type: ignore[type-arg]
    n = len(articles)
    reader = random.normal(size=(n, D))
    reader /= np.linalg.norm(reader, axis=1, keepdims=True) + 1e-12
    slate = random.integers(0, 3, size=(n, S)).astype(np.uint8)
    clicked = (random.random(n) < 0.4).astype(float)
    return np.array(articles, dtype=int), reader, slate, clicked, random.uniform(0.05, 0.5, n)


@given(batches=batches, seed=st.integers(0, 1000))
@settings(max_examples=60, deadline=None)
def test_affinity_is_the_regression_over_the_last_impressions(batches: list[list[int]], seed: int) -> None:
    random = np.random.default_rng(seed)
    memory, seen = Memory.fresh(3, PLACES, D, S), []
    for articles in batches:
        rows = made(articles, random)
        memory = remember(memory, *rows)
        seen += list(zip(*rows, strict=True))
    article, reader, slate, _, _ = made([0, 1, 2, 1], random)
    by_reader, by_list = affinity(memory, article, reader, slate)
    for i, a in enumerate(article):
        last = [row for row in seen if row[0] == a][-PLACES:]
        K = np.array([row[1] @ reader[i] for row in last])
        J = np.array([similarity(row[2], slate[i]) for row in last])
        y, p = np.array([row[3] for row in last]), np.array([row[4] for row in last])
        for kernel, found in [
            (K, by_reader[i]),
            *((J**m, by_list[i, j]) for j, m in enumerate(OVERLAP_POWERS)),
        ]:
            np.testing.assert_allclose(found, (kernel @ (y - p)) / ((kernel**2) @ p + 1), atol=1e-5)


def test_nothing_known_is_zero_and_no_rows_change_nothing() -> None:
    random = np.random.default_rng(1)
    memory = Memory.fresh(3, PLACES, D, S)
    article, reader, slate, _, _ = made([0, 2], random)
    by_reader, by_list = affinity(memory, article, reader, slate)
    assert not by_reader.any()
    assert not by_list.any()
    after = remember(memory, *made([], random))
    assert not after.learnt.any()


def test_a_click_by_a_like_minded_reader_speaks_for_an_article_and_by_an_opposed_one_against() -> None:
    one = np.array([[1.0, 0.0, 0.0]])
    slate = np.zeros((1, S), dtype=np.uint8)
    memory = remember(
        Memory.fresh(1, PLACES, D, S), np.zeros(1, dtype=int), one, slate, np.ones(1), np.full(1, 0.1)
    )
    first = np.zeros(1, dtype=int)
    assert affinity(memory, first, one, slate)[0] > 0
    assert affinity(memory, first, -one, slate)[0] < 0
