"""The news feed of benchmarks: what its subjects read, and are held against."""

from collections import Counter
from itertools import groupby

from benchmarks.feed import LENGTH, closing, feed
from schemas.avro import encode, load


def test_lists_are_whole_in_order_and_the_same_each_time() -> None:
    events = list(feed(5_000))
    assert events == list(feed(5_000))
    assert [event["event_time"] for event in events] == sorted(event["event_time"] for event in events)
    *whole, _ = [list(of) for _, of in groupby(events, key=lambda event: event["list_id"])]
    for of in whole:
        kinds = Counter(event["kind"] for event in of)
        assert kinds["impression"] == LENGTH
        shown = {event["article_id"] for event in of if event["kind"] == "impression"}
        assert {event["article_id"] for event in of} == shown
    clicks = sum(event["kind"] == "click" for event in events)
    assert 0.02 < clicks / len(events) < 0.06


def test_events_are_feedback() -> None:
    last = list(feed(100))[-1]
    later = closing(last, "v")
    assert later["event_time"] - last["event_time"] >= 3_600_000
    for event in (*feed(100), later):
        encode(load("feedback"), event)
