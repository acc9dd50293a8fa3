"""Words -> the phrases that may be keywords of an article."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from operators.keywords.article_text import HAN, Word

LONGEST = 3
"""Words; longer ones are a hundredth of what editors choose (TNEWS)."""

MOST_CHARACTERS = 64
MOST_CANDIDATES = 400
"""Of an article, those that stand first."""

KINDS = tuple("n nr ns nt nz eng vn v j l i nrt nrfg a t b s".split())  # noqa: SIM905
"""Parts of speech that are told apart where a candidate begins and ends; the others count as one."""

NAMES = frozenset("nr ns nt nz nrt nrfg eng".split())  # noqa: SIM905
ACTIONS = frozenset("v vn a t j b".split())  # noqa: SIM905
KIND_PRIORS = tuple(1.0 if kind in NAMES else -1.0 if kind in ACTIONS else 0.0 for kind in KINDS)
"""Weights before any editor has chosen: names are keywords rather than what happens to them."""


@dataclass(frozen=True)
class Candidate:
    """words : as they stand in it. first : index of its first word in the text. times : it stands there.

    first_kind, last_kind : indices into `KINDS`, -1 for another.
    """

    text: str
    words: tuple[str, ...]
    first: int
    times: int
    first_kind: int
    last_kind: int


def candidates(text: Sequence[Word]) -> list[Candidate]:
    """One to three words in a row, content words at both ends, two characters or more; each once."""
    found: dict[str, tuple[int, int]] = {}
    times: dict[str, int] = {}
    for first, length in _spans(text):
        phrase = joined(text[first : first + length])
        if not 2 <= len(phrase) <= MOST_CHARACTERS:
            continue
        times[phrase] = times.get(phrase, 0) + 1
        if phrase not in found and len(found) < MOST_CANDIDATES:
            found[phrase] = first, length
    return [
        Candidate(
            text=phrase,
            words=tuple(word.text for word in text[first : first + length]),
            first=first,
            times=times[phrase],
            first_kind=_kind(text[first]),
            last_kind=_kind(text[first + length - 1]),
        )
        for phrase, (first, length) in found.items()
    ]


def joined(words: Sequence[Word]) -> str:
    """As it is written: spaces where the text has them."""
    return "".join(f" {word.text}" if word.spaced else word.text for word in words).strip()


def _spans(text: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """(first word, length)."""
    for first, word in enumerate(text):
        if not word.has_content:
            continue
        for length in range(1, min(LONGEST, len(text) - first) + 1):
            last = text[first + length - 1]
            if length > 1 and not _continues(text[first + length - 2], last):
                break
            if last.has_content:
                yield first, length


def _continues(before: Word, after: Word) -> bool:
    """Punctuation ends a phrase; so does a space beside Chinese, where it stands for a comma."""
    if after.is_break:
        return False
    return not after.spaced or not (HAN.search(before.text) or HAN.search(after.text))


def _kind(word: Word) -> int:
    return KINDS.index(word.kind) if word.kind in KINDS else -1
