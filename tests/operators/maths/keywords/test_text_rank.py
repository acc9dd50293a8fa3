"""TextRank, against PageRank of networkx and its own definition."""

from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.maths.keywords.text_rank import DAMPING, text_rank

texts = st.lists(st.integers(-1, 8), max_size=40).map(lambda words: np.array(words, dtype=np.int64))


def graph(words: list[int], window: int) -> "nx.Graph[int]":
    """Word by word, as the paper says it."""
    found: nx.Graph[int] = nx.Graph()
    found.add_nodes_from(range(max([*words, -1]) + 1))
    for (i, one), (j, other) in combinations(enumerate(words), 2):
        if one >= 0 and other >= 0 and one != other and j - i < window:
            weight = found.get_edge_data(one, other, {"weight": 0})["weight"]
            found.add_edge(one, other, weight=weight + 1)
    return found


@settings(deadline=None)  # the oracle loads its modules at the first call
@given(words=texts, window=st.integers(2, 5))
def test_on_every_connected_part_it_is_pagerank(words: np.ndarray, window: int) -> None:  # type: ignore[type-arg]
    scores, whole = text_rank(words, window), graph(words.tolist(), window)
    assert len(scores) == len(whole)
    for part in nx.connected_components(whole):
        if len(part) == 1:
            assert scores[next(iter(part))] == pytest.approx(1 - DAMPING)
            continue
        oracle = nx.pagerank(whole.subgraph(part), alpha=DAMPING, tol=1e-12, max_iter=1000)
        for word, share in oracle.items():
            assert scores[word] == pytest.approx(share * len(part), abs=1e-4)


def test_texts_side_by_side_do_not_touch_each_other() -> None:
    one, other = np.array([0, 1, 2, 0]), np.array([0, 1, 1, 2])
    both = np.concatenate([one, [-1, -1], other + 3])
    assert text_rank(both, 3) == pytest.approx(
        np.concatenate([text_rank(one, 3), text_rank(other, 3)]), abs=1e-5
    )


@pytest.mark.parametrize("words", [[], [-1, -1], [0], [0, 0, 0]])
def test_texts_without_neighbours_have_no_rank_to_pass_on(words: list[int]) -> None:
    scores = text_rank(np.array(words, dtype=np.int64))
    assert scores == pytest.approx([1 - DAMPING] * (max([*words, -1]) + 1))
