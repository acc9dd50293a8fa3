"""Articles that wait for their first list: each has its turn, until it is shown or too old."""

from operators.articles.unshown_articles import AT_ONCE, UnshownArticles
from tests.operators.keyed_state import Entries

NAMES = [f"🦊 {i}" for i in range(2 * AT_ONCE + 5)]


def test_each_has_its_turn_before_any_has_it_again() -> None:
    waiting = UnshownArticles(Entries(), retention_ms=100)
    waiting.add(dict.fromkeys(NAMES, 0))
    turns = [waiting.next_in_turn(50) for _ in range(3)]
    assert [name for turn in turns for name in turn] == [*NAMES, *NAMES[: AT_ONCE - 5]]


def test_one_that_is_shown_or_too_old_waits_no_longer_and_leaves_state() -> None:
    state = Entries()
    waiting = UnshownArticles(state, retention_ms=100)
    waiting.add({"shown": 50, "old": 0, "waits": 50, "early": -50})
    assert waiting.take(["never described", "shown", "shown"]) == ["shown"]
    assert waiting.take(["shown"]) == []
    assert waiting.next_in_turn(100) == ["waits"]
    assert dict(state.items()) == {"waits": (50).to_bytes(8, "big")}


def test_state_is_all_there_is() -> None:
    state = Entries()
    UnshownArticles(state, 100).add({"a": 1, "b": -2})
    again = UnshownArticles(state, 100)
    assert again.next_in_turn(0) == ["a", "b"]
    assert again.take(["b"]) == ["b"]
    assert UnshownArticles(state, 100).next_in_turn(0) == ["a"]
