"""Words -> the hashed features of which a text's representation is the sum."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from zlib import crc32

from operators.keywords.article_text import HAN, Word

ROWS = 1 << 18
"""Of the table of features (Weinberger et al., ICML 2009): what shares a row is learned as one."""

MOST_WORDS = 400
"""Those that stand first say what an article is about."""


def features(text: Sequence[Word]) -> list[int]:
    """The distinct rows of the text's features, ascending: words, Chinese characters and pairs of them, and
    the parts of other words (three letters, as in fastText: Bojanowski et al., TACL 2017).
    """
    found = {crc32(feature.encode()) % ROWS for feature in _features(text[:MOST_WORDS])}
    return sorted(found)


def _features(text: Sequence[Word]) -> Iterator[str]:
    characters: list[str] = []
    for word in text:
        if word.is_break:
            continue
        yield f"w{word.text}"
        if HAN.search(word.text):
            characters += word.text
            continue
        characters.append(word.text)
        bounded = f"<{word.text[:32]}>"
        yield from (f"g{bounded[at : at + 3]}" for at in range(len(bounded) - 2) if len(word.text) > 3)
    yield from (f"c{character}" for character in characters)
    yield from (f"b{one} {other}" for one, other in pairwise(characters))
