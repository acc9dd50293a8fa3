"""TextRank: a word is important that stands near important words.

Mihalcea and Tarau (EMNLP 2004). Vertices are the words of an article that may be keywords; an edge weighs how
often two of them stand within a window of words.
"""

import numpy as np

from operators.maths.arrays import Floats, Ints

DAMPING = 0.85
TOLERANCE = 1e-6
MOST_STEPS = 100


def text_rank(words: Ints, window: int = 3, damping: float = DAMPING) -> Floats:
    """The score of every vertex; the mean over a connected part of the graph is 1.

    Parameters
    ----------
    words : (n,) the words of the texts in order, each the index of its vertex, or -1 for a word that is none.
        Several texts at once: no vertex in common, and `window` − 1 times -1 between them.
    window : two words are neighbours when fewer than so many words lie from one to the other, at least 2.

    Returns
    -------
    (v,) scores, equation of section 2.2: WS(i) = (1 − d) + d Σ_j w_ij / (Σ_k w_jk) · WS(j). A vertex
    without neighbours has 1 − d. No words give no scores.
    """
    vertices = int(words.max(initial=-1)) + 1
    if not vertices:
        return np.zeros(0)
    one, other = _edges(words, window)
    weight = np.bincount(other, minlength=vertices)
    share = 1 / weight[other]
    scores = np.ones(vertices)
    for _ in range(MOST_STEPS):
        gets = np.bincount(one, weights=share * scores[other], minlength=vertices)
        before, scores = scores, (1 - damping) + damping * gets
        if np.abs(scores - before).max() < TOLERANCE:
            break
    return scores


def _edges(words: Ints, window: int) -> tuple[Ints, Ints]:
    """Both ends of each edge, in both directions, as often as the two words stand within the window."""
    pairs = [np.stack([words[:-apart], words[apart:]]) for apart in range(1, min(window, len(words)))]
    both = np.concatenate([np.zeros((2, 0), dtype=np.int64), *pairs], axis=1)
    both = both[:, (both >= 0).all(axis=0) & (both[0] != both[1])]
    return np.concatenate([both[0], both[1]]), np.concatenate([both[1], both[0]])
