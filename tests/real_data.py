"""Real shoppers for the tests."""

import os
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tidemark.replay.complete_journey import CompleteJourney
from tidemark.replay.mind import Mind, MindList
from tidemark.replay.source import Selection, Source
from tidemark.replay.taobao import Taobao

SHARED = Path(os.environ.get("TIDEMARK_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))


def complete_journey(n: int) -> list[dict[str, Any]]:
    """The first `n` purchases of the year."""
    return _events(CompleteJourney(), n)


def taobao(n: int) -> list[dict[str, Any]]:
    """The first `n` behaviours of the sample; skips the test where it is absent."""
    file = SHARED / "taobao" / "UserBehavior.csv"
    if not file.exists():
        pytest.skip("the Taobao sample is not on this machine: TIDEMARK_SHARED_DATA names its folder")
    return _events(Taobao(file), n)


def mind_lists(impressions: int) -> list[MindList]:
    """The first lists of the sample, so many impressions at least; skips the test where it is absent."""
    folder, found = SHARED / "mind", []
    if not (folder / "behaviors.tsv").exists():
        pytest.skip("the MIND sample is not on this machine: TIDEMARK_SHARED_DATA names its parent folder")
    for _, row in Mind(folder).lists():
        if isinstance(row, MindList):
            found.append(row)
            impressions -= len(row.articles)
            if impressions <= 0:
                break
    return found


def _events(source: Source, n: int) -> list[dict[str, Any]]:
    return list(islice((event for _, event in source.rows(Selection()) if isinstance(event, dict)), n))
