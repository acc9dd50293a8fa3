"""Refits take their share of the time, and no more."""

import random

import pytest

from operators.segments.refit_budget import RefitBudget


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.mark.parametrize("share", [0.1, 0.5])
def test_where_refits_are_always_due_they_take_their_share_of_the_time(share: float) -> None:
    clock, dice, spent_s, batches_s = Clock(), random.Random(1), 0.0, 0.0
    budget = RefitBudget(share, clock)
    while clock.now_s < 1000:
        is_open, step_s = budget.is_open(), 0.01 + dice.random() / 10
        if is_open:
            with budget.spent():
                clock.now_s += step_s
            spent_s += step_s
        else:
            clock.now_s += step_s
            batches_s += step_s
    assert 0.7 * share < spent_s / batches_s
    assert spent_s <= share * batches_s + 0.11


def test_the_first_refit_waits_for_nothing_and_so_does_one_after_a_pause() -> None:
    clock = Clock()
    budget = RefitBudget(0.1, clock)
    assert budget.is_open()
    with budget.spent():
        clock.now_s = 2.0
    assert not budget.is_open()
    clock.now_s = 21.9
    assert not budget.is_open()
    clock.now_s = 22.0
    assert budget.is_open()
