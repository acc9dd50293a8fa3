"""The commands of `docker-compose.yml`, run: servers, health checks, the job, its metrics, a dead job manager."""

from collections.abc import Iterator

import pytest

from flink_jobs.config import VisitorPreferencesConfig
from tests.deploy.compose import services
from tests.deploy.machine import Machine
from tests.stack_fixture import TOOLS

pytestmark = pytest.mark.flink

CONFIG = VisitorPreferencesConfig()


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Every service but Grafana, which no package brings."""
    machine = Machine(tmp_path_factory.mktemp("compose"), TOOLS, services({}))
    try:
        yield machine
    finally:
        machine.down()
