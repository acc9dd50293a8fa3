"""The containers' configuration of Flink beside the local stack's: the same but for places and addresses."""

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tests.deploy.compose import ROOT
from tests.deploy.isolation import flat
from tidemark.flink import distribution
from tidemark.stack.flink_config import ClusterConfig, java_options

CONTAINER = flat(YAML(typ="safe").load((ROOT / "deploy" / "flink" / "config.yaml").read_text()))
OPTIONS = java_options((distribution() / "conf" / "config.yaml").read_text())
CLUSTER = ClusterConfig(Path("/run"), Path("/python"), rest_port=8081, rpc_port=6123, zookeeper_port=2181)
LOCAL = CLUSTER.settings(OPTIONS)

PLACES = {
    "jobmanager.bind-host",
    "jobmanager.memory.process.size",
    "taskmanager.bind-host",
    "rest.bind-address",
    "execution.checkpointing.dir",
    "execution.checkpointing.savepoint-dir",
    "env.java.opts.all",
    "high-availability.jobmanager.port",
    "high-availability.storageDir",
    "high-availability.zookeeper.quorum",
}
"""Settings that both have, with values of their own."""

LOCAL_ONLY = {
    "high-availability.type",
    "high-availability.cluster-id",
    "jobmanager.rpc.address",
    "jobmanager.rpc.port",
    "taskmanager.host",
    "rest.address",
    "io.tmp.dirs",
    "web.tmpdir",
    "env.stdout-err.redirect-to-file",
    "python.executable",
    "python.client.executable",
    "metrics.fetcher.update-interval",
}
"""What a container has by itself or from its command, or does not need."""

CONTAINER_ONLY = {
    "metrics.reporter.prom.filterLabelValueCharacters",
    "metrics.reporter.prom.port",
    "state.backend.rocksdb.metrics.block-cache-usage",
    "state.backend.rocksdb.metrics.column-family-as-variable",
    "state.backend.rocksdb.metrics.cur-size-all-mem-tables",
    "state.backend.rocksdb.metrics.estimate-num-keys",
    "state.backend.rocksdb.metrics.total-sst-files-size",
}
"""What its dashboard wants."""


@pytest.mark.parametrize("name", sorted((CONTAINER.keys() & LOCAL.keys()) - PLACES))
def test_a_setting_is_the_local_stacks(name: str) -> None:
    assert CONTAINER[name] == LOCAL[name]


def test_neither_has_a_setting_that_the_other_lacks() -> None:
    assert LOCAL.keys() - CONTAINER.keys() == LOCAL_ONLY
    assert CONTAINER.keys() - LOCAL.keys() == CONTAINER_ONLY


def test_java_is_opened_as_the_distribution_wants_it() -> None:
    assert CONTAINER["env.java.opts.all"] == OPTIONS


def test_what_must_outlive_a_container_is_in_the_volume() -> None:
    kept = [value for name, value in CONTAINER.items() if name.endswith(("dir", "storageDir"))]
    assert len(kept) == 3
    assert all(str(value).startswith("file:///var/lib/tidemark/") for value in kept)
