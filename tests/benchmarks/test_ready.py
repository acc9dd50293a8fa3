import time

import pytest

from benchmarks.peers.ready import first_event
from benchmarks.subjects import ready_s
from tidemark.errors import UserError


def test_the_first_event_is_said_once_and_read_back(capsys: pytest.CaptureFixture[str]) -> None:
    first_event.cache_clear()
    first_event()
    first_event()
    said = capsys.readouterr().out
    assert said.count("first event") == 1
    assert abs(ready_s(f"a warning\n{said}") - time.time()) < 5


def test_a_peer_that_read_nothing_is_reported() -> None:
    with pytest.raises(UserError, match="read no event"):
        ready_s("nothing")
