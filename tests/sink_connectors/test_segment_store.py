"""What operators tell each other of segments, through a real Redis."""

from typing import Any

import pytest

from schemas.segments import SegmentSchema
from sink_connectors.redis_address import RedisAddress
from sink_connectors.segment_commands import segment_commands
from sink_connectors.segment_store import SegmentStore
from sink_connectors.tombstones import Tombstones
from tests.sink_connectors.test_write_preferences import Metrics

SCHEMA = SegmentSchema("tm", 3, ttl_s=100)


@pytest.fixture
def store(redis_server: str) -> Any:
    store = SegmentStore(RedisAddress(redis_server), SCHEMA)
    store.open(Metrics())
    yield store
    store.close()


def test_a_part_reads_what_it_was_told_last_and_no_other_does(store: SegmentStore, redis: Any) -> None:
    assert store.rest("商店 🧴", "71") is None
    for body in (b"first", b"\x00\xff second"):
        (command,) = segment_commands(SCHEMA, Tombstones("tm", b""), [("rest", "71", "商店 🧴", 1, 1, body)])
        redis.execute_command(*command)
        assert store.rest("商店 🧴", "71") == body
    assert store.rest("商店 🧴", "72") is None
    assert store.rest("商店", "71") is None
    assert 0 < redis.ttl(SCHEMA.rest_key("商店 🧴", "71")) <= 100


def test_a_shop_reads_what_its_industry_said_last(store: SegmentStore, redis: Any) -> None:
    assert store.industry("beauté") is None
    for body in (b"first", b"\x00\xff second"):
        (command,) = segment_commands(SCHEMA, Tombstones("tm", b""), [("industry", "", "beauté", 1, 1, body)])
        redis.execute_command(*command)
        assert store.industry("beauté") == body
    assert store.industry("beaut") is None
    assert 0 < redis.ttl(SCHEMA.industry_key("beauté")) <= 100
