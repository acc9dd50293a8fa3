"""The job writes into a Redis Cluster while its slots move and a node dies: Redis equals the oracle."""

import random
import time
from threading import Thread
from typing import Any

import pytest
from redis.crc import key_slot

from flink_jobs.config import VisitorPreferencesConfig
from tests.corner import Corner, await_true
from tests.oracles.preferences import decayed_preferences
from tests.real_data import complete_journey
from tests.redis_cluster import RedisClusterServers
from tests.synthetic_events import shuffled_within_days
from tidemark.job_metrics import job_metrics
from tidemark.stack.stack import LocalStack

pytestmark = pytest.mark.flink

HALF_LIVES_MS = VisitorPreferencesConfig().half_lives_ms


class OnCluster(Corner):
    """A corner whose Redis is a cluster."""

    servers: RedisClusterServers

    @property
    def redis(self) -> str:
        return self.servers.url

    def produce_slowly(self, events: list[dict[str, Any]]) -> None:
        """A thousand at a time, so that there is load for some seconds."""
        for start in range(0, len(events), 1000):
            self.produce(events[start : start + 1000])
            time.sleep(0.2)

    def refused(self, kind: str) -> int:
        """How often the nodes answered so, such as MOVED."""
        count = 0
        for node in self.servers.nodes:
            with node.client() as redis:
                count += redis.info("errorstats").get(f"errorstat_{kind}", {"count": 0})["count"]
        return count


@pytest.fixture
def on_cluster(stack: LocalStack, redis_cluster: RedisClusterServers) -> Any:
    corner = OnCluster(stack)
    corner.servers = redis_cluster
    yield corner
    corner.cancel_all()


def reshard(cluster: RedisClusterServers, slots: list[int], seed: int = 5) -> None:
    """Each slot to another node, key by key at first, while the job writes into it."""
    dice = random.Random(seed)
    for slot in slots:
        source = cluster.serving(slot)
        target = dice.choice([node for node in cluster.nodes if node is not source])
        with cluster.moving(slot, source, target) as step:
            for _ in range(3):
                step(1)
                time.sleep(0.05)


def test_slots_that_move_and_a_node_that_dies_under_load_lose_nothing(on_cluster: OnCluster) -> None:
    events = shuffled_within_days(complete_journey(60_000))
    slots = sorted({key_slot(on_cluster.schema.visitor_key(e["visitor_id"]).encode()) for e in events})[::60]
    on_cluster.produce(events[:20_000])
    job = on_cluster.submit("--redis", on_cluster.redis)
    await_true(lambda: on_cluster.checkpoints(job) > 0, 60, lambda: "no checkpoint")

    rest = Thread(target=on_cluster.produce_slowly, args=(events[20_000:] + events[:20_000],))
    rest.start()
    reshard(on_cluster.servers, slots)
    reshard(on_cluster.servers, slots, seed=6)
    assert rest.is_alive(), "resharded after the last event was sent: not under load"
    assert min(on_cluster.refused("MOVED"), on_cluster.refused("TRYAGAIN")) > 0, (
        "the job never met a moving slot"
    )
    on_cluster.servers.nodes[1].stop()
    time.sleep(4)
    on_cluster.servers.nodes[1].start()
    rest.join()

    on_cluster.await_agreement(decayed_preferences(events, HALF_LIVES_MS))
    assert on_cluster.restarts(job) == 0
    assert (job_metrics(on_cluster.flink, job).retries or 0) > 0, "the job never waited for the dead node"
    shown = on_cluster.tidemark("show", "visitor", events[0]["visitor_id"], "--redis", on_cluster.redis)
    assert shown.returncode == 0, shown.stderr
