"""One real stack for the whole test session: Kafka, Redis, Flink on free ports, in a temporary folder."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.corner import Corner
    from tidemark.stack.stack import LocalStack

ROOT = Path(__file__).parents[1]
TOOLS = ROOT / os.environ.get("TIDEMARK_TOOLS", ".tools")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[LocalStack]":
    """Up, with one task manager and state on RocksDB. Whoever stops a part of it starts it again."""
    from tidemark.stack.stack import LocalStack

    local = LocalStack(tmp_path_factory.mktemp("stack"), TOOLS, say=print)
    local.up()
    try:
        yield local
    finally:
        local.down(keep_jobs=False)


@pytest.fixture
def corner(stack: "LocalStack") -> "Iterator[Corner]":
    """A topic and a namespace of the test's own on the shared stack; its jobs end with it."""
    from tests.corner import Corner

    # What cancelled the last test's job may have ended the task manager: docs/operations.md, "RocksDB".
    stack.start_task_manager()
    corner = Corner(stack)
    yield corner
    corner.cancel_all()
