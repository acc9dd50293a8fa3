from collections import Counter

from benchmarks.preload import REPEAT_EVERY, REPEATED_AFTER, _with_repeats, events


def test_repeats_come_later_and_once() -> None:
    purchases = [{"event_id": str(n)} for n in range(10_000)]
    sent = [event["event_id"] for event in _with_repeats(iter(purchases))]
    times = Counter(sent)
    repeated = [event for event, count in times.items() if count == 2]
    assert set(times) == {event["event_id"] for event in purchases}
    assert max(times.values()) == 2
    assert len(repeated) == 10_000 // REPEAT_EVERY - REPEATED_AFTER
    assert all(
        sent.index(event, sent.index(event) + 1) - sent.index(event) > REPEAT_EVERY for event in repeated
    )


def test_a_prefix_is_the_beginning_of_the_whole() -> None:
    assert list(events(50)) == list(events(3000))[:50]


def test_ids_of_a_copy_are_its_own() -> None:
    assert {event["visitor_id"].split("-")[0] for event in events(100)} == {"0"}
