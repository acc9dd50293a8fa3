"""What the benchmark of segments holds its subjects against."""

from benchmarks.segments import GAP_MS, visits


def event(visitor: str, shop: str, at_ms: int) -> dict[str, object]:
    return {"visitor_id": visitor, "shop_id": shop, "event_time": at_ms}


def test_a_visit_ends_with_a_pause_longer_than_the_gap() -> None:
    events = [event("v", "s", at) for at in (0, GAP_MS, 2 * GAP_MS + 1, 2 * GAP_MS + 1)]
    assert visits(events) == {("v", "s"): 2}


def test_visits_are_those_of_a_visitor_at_a_shop() -> None:
    events = [event("v", "s", 0), event("v", "t", 0), event("w", "s", 0), event("v", "s", 1)]
    assert visits(events) == {("v", "s"): 1, ("v", "t"): 1, ("w", "s"): 1}


def test_a_late_event_begins_no_visit() -> None:
    assert visits([event("v", "s", 10 * GAP_MS), event("v", "s", 0)]) == {("v", "s"): 1}
