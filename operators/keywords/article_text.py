"""Text -> words with their parts of speech, whatever the script.

Chinese by jieba (`rjieba`, its implementation in Rust with the same dictionary), everything else by Unicode's
word characters. Emoji and punctuation are no words.
"""

import re
import unicodedata
from functools import cache
from typing import NamedTuple

import rjieba

MOST_WORDS = 4_000
"""What stands behind them is not read: keywords stand early, and a batch stays bounded."""

MOST_CHARACTERS = 65_536
"""As the gate lets pass; words without end are cut there too."""

HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_MARKS = "".join(c for c in map(chr, range(0x300, 0x3100)) if unicodedata.category(c).startswith("M"))
"""Vowel signs and accents: parts of words in Hindi, Thai, Arabic, though no word characters to `re`."""

_WORD = re.compile(rf"[\w{_MARKS}]+(?:['’.\-&+][\w{_MARKS}]+)*|[^\w\s]|\n")

FUNCTION_WORDS = frozenset("x uj ul ug uz ud uv u c p y r e o d zg k m q".split())  # noqa: SIM905
"""jieba's parts of speech (ICTCLAS) that no keyword begins or ends with: particles, pronouns, numbers …"""

WORD, NUMBER, STOP, BREAK = "eng", "m", "d", "x"
"""Parts of speech outside Chinese; jieba calls any word in Latin letters `eng`."""


class Word(NamedTuple):
    """text : normalised. kind : part of speech; `x` for what is no word. spaced : after a space."""

    text: str
    kind: str
    spaced: bool

    @property
    def has_content(self) -> bool:
        """It can begin or end a keyword."""
        return self.kind not in FUNCTION_WORDS

    @property
    def is_break(self) -> bool:
        """It is punctuation, an emoji, a line's end: no phrase goes over it."""
        return self.kind == BREAK


def words(text: str) -> list[Word]:
    """The words of the text in order, at most `MOST_WORDS`.

    Compatible forms become one (NFKC: full width, ligatures), capitals small. No text has no words.
    """
    plain = unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).casefold()
    found = _chinese(plain) if HAN.search(plain) else _others(plain)
    return found[:MOST_WORDS]


def normalised(phrase: str) -> str:
    """A phrase as `words` would spell it, for comparing with what editors chose."""
    return " ".join(unicodedata.normalize("NFKC", phrase).casefold().split())


def _chinese(plain: str) -> list[Word]:
    found, spaced = [], False
    for text, kind in rjieba.tag(plain):
        if text.isspace() and "\n" not in text:
            spaced = True
            continue
        is_word = any(map(str.isalnum, text))
        kind = _kind(text) if kind == "eng" else "n" if kind == "x" and is_word else kind
        found.append(Word(text, kind if is_word else BREAK, spaced))
        spaced = False
    return found


def _others(plain: str) -> list[Word]:
    found = []
    for match in _WORD.finditer(plain):
        text = match.group()
        spaced = match.start() > 0 and plain[match.start() - 1].isspace()
        found.append(Word(text, _kind(text) if any(map(str.isalnum, text)) else BREAK, spaced))
    return found


def _kind(text: str) -> str:
    """Of a word that is not Chinese."""
    if text in _stop_words():
        return STOP
    return WORD if any(map(str.isalpha, text)) else NUMBER


@cache
def _stop_words() -> frozenset[str]:
    """English; scikit-learn's."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    contracted = {"don't", "doesn't", "didn't", "isn't", "it's", "can't", "won't", "i'm", "you're", "that's"}
    return frozenset(ENGLISH_STOP_WORDS) | contracted
