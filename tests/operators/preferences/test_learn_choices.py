"""What is learned from looks at the sample: each choice once, from what was known before it."""

import numpy as np
import pytest

from operators.maths.gamma_poisson import fit_priors
from operators.maths.preferences.choice_features import DAY_MS, Histories
from operators.maths.preferences.choice_model import ChoiceModel, ChoiceSettings
from operators.maths.preferences.choice_model import learn_choices as learn
from operators.preferences import learn_choices
from operators.preferences.learn_choices import LearnChoices
from schemas.preference_choices import FacetChoices, numbers_of
from schemas.preference_priors import SampleBuilder
from schemas.preferences import Horizon, PreferenceSchema, pack
from state.choice_model import ChoiceState
from tests.operators.keyed_state import Entries, Values

SCHEMA = PreferenceSchema(
    "tm", 1, (Horizon("live", 1_800_000), Horizon("long", 90 * DAY_MS)), (("category", "c"),), ttl_s=1
)
H = np.array([1_800_000.0, 90.0 * DAY_MS])
SETTINGS = ChoiceSettings()
AT_MS = 1_700_000_000_000
VALUES = ("tea", "soap", "milk", "é")

Visitors = dict[str, list[tuple[str, int]]]
"""Visitor -> (value, minutes since AT_MS) of each event, of weight 4."""


def fields(events: list[tuple[str, int]]) -> dict[bytes, bytes]:
    def numbers(minutes: list[int]) -> bytes:
        x = [np.logaddexp2.reduce([2 + (AT_MS + 60_000 * m) / h for m in minutes]) for h in H]
        return pack(*x)

    values = {v for v, _ in events}
    times = [AT_MS + 60_000 * m for _, m in events]
    return {
        b"!at": str(max(times)).encode(),
        b"!since": str(min(times)).encode(),
        b"c": numbers([m for _, m in events]),
        **{f"c:{v}".encode(): numbers([m for w, m in events if w == v]) for v in values},
    }


class Operator:
    """The keyed state between looks."""

    def __init__(self) -> None:
        self.models, self.snapshots, self.index = Entries(), Entries(), Values()

    def look(self, visitors: Visitors, parts: int = 1) -> dict[str, FacetChoices]:
        held = [(v, fields(events)) for v, events in visitors.items() if events]
        learner = LearnChoices(SCHEMA, SETTINGS, self.models, self.snapshots, self.index)
        sample = SampleBuilder(SCHEMA)
        sample.add(f for _, f in held)
        for part in range(parts):
            learner.see(held[part::parts])
        return learner.end(fit_priors(sample.sample()))

    @property
    def state(self) -> ChoiceState:
        return ChoiceState.from_bytes(self.models.get("category"))


def crowd(seed: int, n: int = 30, until: int = 600) -> Visitors:
    random = np.random.default_rng(seed)
    return {
        f"v{i}": sorted(
            ((str(random.choice(VALUES)), int(m)) for m in random.integers(0, until, 6)), key=lambda e: e[1]
        )
        for i in range(n)
    }


def more(visitors: Visitors, bought: Visitors) -> Visitors:
    return {v: events + bought.get(v, []) for v, events in visitors.items()}


def test_the_first_look_teaches_nothing_and_publishes_everybodys_shares() -> None:
    operator = Operator()
    found = operator.look(crowd(1))["category"]
    assert found.learned == 0
    assert found.shares.sum() == pytest.approx(1)
    np.testing.assert_array_equal(found.weights, np.broadcast_to(found.shared, found.weights.shape))


def test_a_look_learns_what_the_maths_learns_from_the_snapshot_before() -> None:
    operator, before = Operator(), crowd(2)
    first = operator.look(before)["category"]
    after = more(before, {"v0": [("tea", 700)], "v3": [("é", 650), ("tea", 655)], "v9": [("soap", 700)]})
    found = operator.look(after)["category"]

    who = [f for v, f in ((v, fields(e)) for v, e in before.items()) if v in ("v0", "v3", "v9")]
    values, totals = numbers_of(who, "c", first.values, 2)
    at_ms = AT_MS + 60_000 * np.array([700, 655, 700])
    chosen = np.array([[v.decode() in took for v in first.values] for took in ("tea", ("é", "tea"), "soap")])
    model = ChoiceModel.prior(H, 0, SETTINGS).of_values(np.full(len(first.values), -1), SETTINGS)
    model = learn(model, Histories(values, totals, at_ms), H, first.shares, chosen.astype(float), 0, SETTINGS)
    assert found.learned == 4
    np.testing.assert_allclose(found.shared, model.shared, rtol=1e-9)
    np.testing.assert_allclose(found.weights, model.weights, rtol=1e-9)


def test_a_look_at_nothing_new_changes_nothing() -> None:
    operator, visitors = Operator(), crowd(3)
    operator.look(visitors)
    operator.look(more(visitors, {"v1": [("tea", 700)]}))
    before = operator.state
    operator.look(more(visitors, {"v1": [("tea", 700)]}))
    assert operator.state.learned == before.learned == 1
    np.testing.assert_array_equal(operator.state.shared, before.shared)


def test_looks_that_were_missed_are_learned_from_by_the_next_one() -> None:
    """As after a crash: the state is that of a checkpoint, and Redis has gone on."""
    visitors = crowd(4)
    bought: Visitors = {"v1": [("tea", 700), ("soap", 710)], "v2": [("milk", 705)]}
    operator = Operator()
    operator.look(visitors)
    assert operator.look(more(visitors, bought))["category"].learned == 3


def test_a_visitor_who_was_erased_and_comes_back_teaches_nothing_at_first() -> None:
    operator, visitors = Operator(), crowd(5)
    operator.look(visitors)
    assert operator.look({**visitors, "v1": [("tea", 700)]})["category"].learned == 0
    assert operator.look({**visitors, "v1": [("tea", 700), ("tea", 800)]})["category"].learned == 1


def test_a_hash_of_a_release_that_knew_of_no_erasures_is_learned_from() -> None:
    operator = Operator()
    for events in ([("tea", 1), ("soap", 2)], [("tea", 1), ("soap", 2), ("tea", 700)]):
        held = fields(events)
        del held[b"!since"]
        learner = LearnChoices(SCHEMA, SETTINGS, operator.models, operator.snapshots, operator.index)
        learner.see([("ann", held)])
        sample = SampleBuilder(SCHEMA)
        sample.add([held])
        learner.end(fit_priors(sample.sample()))
    assert operator.state.learned == 1


def test_who_has_left_the_sample_leaves_nothing_behind() -> None:
    operator, visitors = Operator(), crowd(6)
    operator.look(visitors)
    assert set(operator.snapshots.keys()) == set(visitors)
    operator.look({**visitors, "v1": []})
    assert set(operator.snapshots.keys()) == set(visitors) - {"v1"}


def test_visitors_for_whom_there_is_no_room_are_learned_from_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn_choices, "LEARN_AT_MOST", 2)
    operator, visitors = Operator(), crowd(7)
    operator.look(visitors)
    after = more(visitors, {f"v{i}": [("tea", 700)] for i in range(5)})
    assert [operator.look(after)["category"].learned for _ in range(4)] == [2, 4, 5, 5]


def test_parts_of_the_sample_are_learned_from_one_after_the_other() -> None:
    operator, visitors = Operator(), crowd(8)
    operator.look(visitors, parts=3)
    assert operator.look(more(visitors, {v: [("tea", 700)] for v in visitors}), parts=3)[
        "category"
    ].learned == len(visitors)


def test_values_come_and_go_with_what_everybody_likes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learn_choices, "MOST_VALUES", 2)
    operator, visitors = Operator(), crowd(9)
    for events in visitors.values():
        events += [("tea", 610)] * 9 + [("soap", 610)] * 5
    assert set(operator.look(visitors)["category"].values) == {b"tea", b"soap"}
    visitors = more(visitors, {v: [("milk", 700)] * 20 for v in visitors})
    found = operator.look(visitors)["category"]
    assert set(found.values) == {b"tea", b"milk"}
    assert found.rest == found.shares.min()


def test_an_empty_sample_publishes_nothing() -> None:
    assert Operator().look({}) == {}
