"""Fixtures of the tests on the real stack."""

from collections.abc import Iterator

import pytest

from tests.flink_jobs.corner import Corner
from tidemark.stack.stack import LocalStack


@pytest.fixture
def corner(stack: LocalStack) -> Iterator[Corner]:
    """A topic and a namespace of the test's own; its jobs end with it."""
    corner = Corner(stack)
    yield corner
    corner.cancel_all()
