"""Exposures and purchases through Kafka and Flink to Redis: the oracle's posteriors, whatever broke."""

import json
import time
from contextlib import closing
from typing import Any

import numpy as np
import pytest
from kafka import KafkaProducer

from flink_jobs.layouts_config import LayoutsConfig
from schemas.avro import encode, load
from schemas.layouts import Arm, ShopPolicy
from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_connection import RedisConnection
from tests.corner import Corner, await_true
from tests.oracles import layouts as oracle
from tests.synthetic_visits import LAYOUTS, SHOPS, visits
from tidemark.layout_values import layout_probabilities
from tidemark.layouts import LayoutReader

pytestmark = pytest.mark.flink

CONFIG = LayoutsConfig()
VISITORS, SPAN_MS = 400, 6 * 3_600_000


class Shops:
    """Topics of a test's own for the job, and its command lines."""

    def __init__(self, corner: Corner) -> None:
        self.corner = corner
        names = ("exposures", "behaviors", "layouts", "changes")
        self._topics = {name: f"{corner.name}.{name}" for name in names}
        done = corner.tidemark("topics", *self._topics.values(), corner.erasures_topic)
        assert done.returncode == 0, done.stderr
        layouts = {"exposures_topic": self._topics["exposures"], "topic": self._topics["layouts"]}
        self._settings = {
            "topic": self._topics["behaviors"],
            "erasures_topic": corner.erasures_topic,
            "changes_topic": self._topics["changes"],
            "layouts": json.dumps(layouts),
        }

    @property
    def variables(self) -> dict[str, str]:
        return {f"TIDEMARK_SEGMENTS_{name.upper()}": value for name, value in self._settings.items()}

    def submit(self) -> str:
        words = [word for name, value in self._settings.items() for word in ("--set", f"{name}={value}")]
        done = self.corner.tidemark("submit", "visitor_segments", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.rsplit("/", 1)[1].strip()

    def offer(self, shop: str, *layouts: str) -> None:
        done = self.corner.tidemark("layouts", shop, *layouts, "--topic", self._topics["layouts"])
        assert done.returncode == 0, done.stderr

    def produce(self, topic: str, schema: str, events: list[dict[str, Any]]) -> None:
        producer = KafkaProducer(bootstrap_servers=self.corner.kafka, linger_ms=20, acks="all")
        for event in events:
            producer.send(self._topics[topic], encode(load(schema), event), event["visitor_id"].encode())
        producer.flush()
        producer.close()

    def policies(self) -> dict[str, ShopPolicy | None]:
        with closing(RedisConnection(RedisAddress(self.corner.redis), 5)) as connection:
            reader = LayoutReader(connection, self.corner.namespace)
            return {shop: reader.policy(shop) for shop in SHOPS}


def expected_arms(
    shown: list[dict[str, Any]], bought: list[dict[str, Any]]
) -> dict[tuple[str, str], list[Arm]]:
    """Of the layouts in the order of `LAYOUTS`, by the definition of each posterior; probability zero."""
    found: dict[tuple[str, str], list[Arm]] = {}
    bandit = CONFIG.bandit
    for policy, by_layout in oracle.arms(shown, bought, CONFIG.window_ms, bandit.half_life_ms).items():
        sums = [by_layout.get(layout, oracle.Arm(0.0, 0.0, 0.0, 0.0)) for layout in LAYOUTS]
        total = sum(arm.conversions for arm in sums)
        pooled = sum(arm.revenue for arm in sums) / total if total else 0.0
        squares = sum(arm.squares for arm in sums) / total if total else 0.0
        found[policy] = []
        for arm in sums:
            known = arm.conversions + bandit.prior_revenues
            found[policy].append(
                Arm(
                    0.0,
                    bandit.prior_conversions + arm.conversions,
                    bandit.prior_failures + arm.exposures - arm.conversions,
                    (arm.revenue + bandit.prior_revenues * pooled) / known,
                    (max(squares - pooled**2, 0.0) / known) ** 0.5,
                )
            )
    return found


def agree(found: Arm, expected: Arm) -> bool:
    return bool(found[1:] == pytest.approx(expected[1:], rel=1e-9, abs=1e-9))


def differences(found: dict[str, ShopPolicy | None], expected: dict[tuple[str, str], list[Arm]]) -> list[str]:
    wrong = []
    for (shop, segment), arms in expected.items():
        policy = found[shop]
        mine = policy.segments.get(segment) if policy else None
        if mine is None or not all(map(agree, mine, arms)):
            wrong.append(f"{shop}/{segment}: {mine} instead of {arms}")
    return wrong


def expected_linear(
    shown: list[dict[str, Any]], bought: list[dict[str, Any]], shop: str
) -> tuple[tuple[float, ...], ...]:
    """Of `LAYOUTS`: mean and covariance of ridge regression on all exposures logged with affinities."""
    told = [e for e in oracle.once(shown) if e["shop_id"] == shop and e["affinities"]]
    phi = np.array([[1.0, *exposure["affinities"]] for exposure in told])
    at_ms = np.array([exposure["event_time"] for exposure in told])
    weight = 2.0 ** ((at_ms - at_ms.max()) / CONFIG.linear.half_life_ms)
    of = oracle.labels(shown, bought, CONFIG.window_ms)
    converted = np.array([float(of[exposure["event_id"]].purchases > 0) for exposure in told])
    rate, d = float(weight @ converted / weight.sum()), phi.shape[1]
    prior = np.full(d, (weight @ phi[:, 1:] ** 2).mean() / weight.sum())
    prior[0] = 1.0
    prior *= CONFIG.linear.prior_exposures
    found = []
    for layout in LAYOUTS:
        mine = np.array([exposure["layout"] == layout for exposure in told]) * weight
        inverse = np.linalg.inv(np.diag(prior) + (phi.T * mine) @ phi)
        mean = inverse @ (phi.T @ (mine * converted) + prior * np.array([rate, *[0.0] * (d - 1)]))
        covariance = CONFIG.linear.spread**2 * rate * (1 - rate) * inverse
        found.append((*mean.tolist(), *covariance[np.triu_indices(d)].tolist()))
    return tuple(found)


def test_a_killed_task_manager_counts_every_outcome_once(corner: Corner) -> None:
    shops = Shops(corner)
    shown, bought = visits(10_000, seed=11, visitors=VISITORS, span_ms=SPAN_MS)
    for shop in SHOPS:
        shops.offer(shop, *LAYOUTS)
    shops.produce("exposures", "exposure", shown[:3_000])
    shops.produce("behaviors", "behavior", bought[:3_000])
    job = shops.submit()
    await_true(lambda: corner.checkpoints(job) > 0, 60, lambda: "no checkpoint")
    send_in_turns_and_kill(shops, shown, bought)
    expected = expected_arms(shown, bought)
    await_true(
        lambda: not differences(shops.policies(), expected),
        120,
        lambda: str(differences(shops.policies(), expected)[:2]),
    )
    await_true(lambda: corner.restarts(job) >= 1, 30, lambda: "no restart was counted")
    time.sleep(1)
    assert differences(shops.policies(), expected) == []
    assert_every_outcome_counts_once(shops, shown, bought)

    shops.offer(SHOPS[1], LAYOUTS[0], "new")
    await_true(lambda: _layouts(shops, SHOPS[1]) == (LAYOUTS[0], "new"), 30, lambda: str(shops.policies()))
    policy = shops.policies()[SHOPS[1]]
    assert policy is not None
    explored = [arms[1].probability for arms in policy.segments.values()]
    assert min(explored) >= CONFIG.floor, "the floor holds for a new layout"
    assert policy.linear is not None
    assert layout_probabilities(policy.linear, ())[1] > CONFIG.linear.floor, "a new layout is explored"
    assert _layouts(shops, SHOPS[0]) == LAYOUTS

    evaluated = corner.tidemark("evaluate", "layouts", "--shop", SHOPS[0], "--json", **shops.variables)
    assert evaluated.returncode == 0, evaluated.stderr
    said = json.loads(evaluated.stdout)
    of = oracle.labels(shown, bought, CONFIG.window_ms)
    converted = [of[e["event_id"]].purchases > 0 for e in oracle.once(shown) if e["shop_id"] == SHOPS[0]]
    assert said["exposures"] == len(converted)
    assert said["logged"]["value"] == pytest.approx(sum(converted) / len(converted))

    assert converted_when_one_has_left(corner, shops) == {"leaving": 0.0, "staying": 1.0}


def send_in_turns_and_kill(shops: Shops, shown: list[dict[str, Any]], bought: list[dict[str, Any]]) -> None:
    """The rest of both; in the middle the task manager is killed, and started again at the end."""
    for start in range(3_000, 11_000, 1_000):  # purchases run ahead of exposures, and the other way round
        first, second = ("behaviors", "exposures") if start % 2_000 else ("exposures", "behaviors")
        for topic in (first, second):
            events, schema = (shown, "exposure") if topic == "exposures" else (bought, "behavior")
            shops.produce(topic, schema, events[start : start + 1_000])
        if start == 7_000:
            assert all(shops.policies().values()), "killed before anything was written: shows nothing"
            shops.corner.stack.kill_task_manager()
    shops.corner.stack.start_task_manager()


def assert_every_outcome_counts_once(
    shops: Shops, shown: list[dict[str, Any]], bought: list[dict[str, Any]]
) -> None:
    once, of = oracle.once(shown), oracle.labels(shown, bought, CONFIG.window_ms)
    for shop, policy in shops.policies().items():
        mine = [exposure for exposure in once if exposure["shop_id"] == shop]
        purchases = sum(of[exposure["event_id"]].purchases for exposure in mine)
        assert policy is not None
        assert policy.absorbed == 1 + len(mine) + purchases
        assert policy.linear is not None
        for numbers, linear in zip(policy.linear.layouts, expected_linear(shown, bought, shop), strict=True):
            assert numbers == pytest.approx(linear, rel=1e-7, abs=1e-12)
        for arms in policy.segments.values():
            assert sum(arm.probability for arm in arms) == pytest.approx(1)


def _layouts(shops: Shops, shop: str) -> tuple[str, ...]:
    policy = shops.policies()[shop]
    return policy.layouts if policy else ()


def converted_when_one_has_left(corner: Corner, shops: Shops) -> dict[str, float]:
    """Two visitors are shown something, one is forgotten, then both buy: segment -> its conversions."""
    shop, now_ms = SHOPS[0], round(time.time() * 1000)
    [exposure, *_], behaviors = visits(40, seed=2)
    purchase = next(event for event in behaviors if event["behavior"] == "purchase")

    def at(event: dict[str, Any], visitor: str, after_ms: int) -> dict[str, Any]:
        event_id = f"{visitor} {after_ms}"
        time_ms = now_ms + after_ms
        return event | {"event_id": event_id, "visitor_id": visitor, "shop_id": shop, "event_time": time_ms}

    def arms(segment: str) -> tuple[Arm, ...]:
        policy = shops.policies()[shop]
        return policy.segments.get(segment, ()) if policy else ()

    shown = [at(exposure, visitor, 0) | {"segment": visitor} for visitor in ("leaving", "staying")]
    shops.produce("exposures", "exposure", shown)
    await_true(lambda: bool(arms("leaving") and arms("staying")), 30, lambda: str(shops.policies()[shop]))
    forgotten = corner.tidemark("forget", "leaving", "--topic", corner.erasures_topic)
    assert forgotten.returncode == 0, forgotten.stderr
    time.sleep(2)
    for visitor in ("leaving", "staying"):
        shops.produce("behaviors", "behavior", [at(purchase, visitor, 60_000)])
        time.sleep(1)
    found: dict[str, float] = {}

    def bought() -> bool:
        for segment in ("leaving", "staying"):
            found[segment] = sum(arm.alpha - CONFIG.prior_conversions for arm in arms(segment))
        return found["staying"] == 1

    await_true(bought, 30, lambda: str(found))
    return found
