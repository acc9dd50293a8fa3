"""Off-policy answers on logs whose policies and rates are known."""

from pathlib import Path

import numpy as np
import pytest

from tidemark.errors import UserError
from tidemark.evaluate.open_bandit import (
    CAMPAIGNS,
    Log,
    answers,
    best_so_far,
    clicks_needed,
    folder,
    observed,
    shares,
    verdict,
)

ITEMS = 4
RATES = np.array([0.02, 0.05, 0.1, 0.4])
POLICY = np.array([0.1, 0.2, 0.2, 0.5])
HEAD = ",timestamp,item_id,position,click,propensity_score\n"


def logged(policy: np.ndarray, n: int, seed: int) -> Log:  # type: ignore[type-arg]
    random = np.random.default_rng(seed)
    item = random.choice(ITEMS, n, p=policy)
    clicked = (random.random(n) < RATES[item]).astype(float)
    return Log(item, np.ones(n, dtype=int), clicked, policy[item])


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    for seed, campaign in enumerate(CAMPAIGNS):
        for name, policy in (("random", np.full(ITEMS, 1 / ITEMS)), ("bts", POLICY)):
            log = logged(policy, 4000, seed)
            rows = zip(log.item, log.clicked.astype(int), log.propensity, strict=True)
            text = HEAD + "".join(
                f"{i},2019-11-24 00:00:00+00:00,{a},1,{c},{p}\n" for i, (a, c, p) in enumerate(rows)
            )
            file = tmp_path / name / campaign / f"{campaign}.csv"
            file.parent.mkdir(parents=True)
            file.write_text(text)
    return tmp_path


def test_each_policy_is_judged_right_from_the_others_log(logs: Path) -> None:
    truth = {"uniform": RATES.mean(), "BTS": POLICY @ RATES, "smoothed rate": RATES.max()}
    found = answers(logs)
    assert len(found) == len(CAMPAIGNS) * 8
    for answer in found:
        assert answer.found.low - 0.02 < truth[answer.policy] < answer.found.high + 0.02, answer
        assert answer.found.enough


def test_shares_are_those_of_the_log() -> None:
    log = logged(POLICY, 20_000, 1)
    np.testing.assert_allclose(shares(log, log), POLICY[log.item], atol=0.02)


def test_the_best_so_far_does_not_know_the_click_it_is_asked_about() -> None:
    log = logged(np.full(ITEMS, 0.25), 50, 2)
    turned = Log(log.item, log.position, log.clicked.copy(), log.propensity)
    turned.clicked[30:] = 1 - turned.clicked[30:]
    np.testing.assert_array_equal(best_so_far(log, ITEMS)[:31], best_so_far(turned, ITEMS)[:31])
    assert best_so_far(log, ITEMS)[0] == pytest.approx(1 / ITEMS)


def test_the_observed_interval_is_the_binomials() -> None:
    found = observed(
        Log(np.zeros(100, int), np.ones(100, int), np.r_[np.ones(5), np.zeros(95)], np.ones(100))
    )
    assert (found.value, round(found.low, 4), round(found.high, 4)) == (
        0.05,
        0.0164,
        0.1128,
    )  # R: binom.test(5, 100)


def test_clicks_needed_are_enough_and_half_of_them_are_not() -> None:
    k, random = clicks_needed(0.5), np.random.default_rng(1)

    def seen(clicks: int) -> float:
        a, b = random.poisson(clicks, 20_000), random.poisson(1.5 * clicks, 20_000)
        return float((np.log(b / a) / np.sqrt(1 / a + 1 / b) > 1.96).mean())

    assert seen(k) == pytest.approx(0.8, abs=0.03)
    assert seen(k // 2) < 0.65


def test_the_verdict_says_how_many_clicks_there_are(logs: Path) -> None:
    said = verdict(logs, answers(logs))
    assert "clicks in 4,000 impressions" in said
    assert said.endswith("not to be trusted: none.")


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no Open Bandit folder"):
        folder(tmp_path)
