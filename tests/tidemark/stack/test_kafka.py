"""The local stack's Kafka, before it runs."""

import base64
import uuid

import pytest

from tidemark.stack.kafka import new_cluster_id


@pytest.mark.parametrize("first", [0, 0xF8, 0xFB])  # in base64 for URLs 0xF8 to 0xFB begin with `-`
def test_a_cluster_id_is_no_option(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = uuid.UUID(bytes=bytes([first]) + bytes(15))
    monkeypatch.setattr(uuid, "uuid4", lambda: drawn)
    cluster = new_cluster_id()
    assert not cluster.startswith("-")
    assert len(base64.urlsafe_b64decode(cluster + "==")) == 16
