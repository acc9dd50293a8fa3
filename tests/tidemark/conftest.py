"""A client on a real Redis that holds a visitor."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from tests.tidemark.filled_redis import fill
from tidemark import Tidemark


@pytest.fixture
def client(redis: Any, redis_server: str) -> Iterator[Tidemark]:
    fill(redis)
    with closing(Tidemark(redis_server, timeout_s=2)) as client:
        yield client
