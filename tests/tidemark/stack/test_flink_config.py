from pathlib import Path

import pytest
from ruamel.yaml import YAML

from tidemark.flink import distribution
from tidemark.stack.flink_config import STATE_BACKENDS, ClusterConfig, java_options, render

CONFIG = ClusterConfig(Path("/runs/a"), Path("/venv/bin/python"), rest_port=8085, rpc_port=6125)
SETTINGS = CONFIG.settings("--add-opens=java.base/java.util=ALL-UNNAMED")


def test_what_is_rendered_reads_back_as_the_same_settings() -> None:
    assert YAML(typ="safe").load(render(SETTINGS)) == SETTINGS


def test_nothing_listens_beyond_loopback() -> None:
    hosts = {name: value for name, value in SETTINGS.items() if name.endswith(("host", "address"))}
    assert set(hosts.values()) == {"127.0.0.1"}
    assert {"jobmanager.bind-host", "taskmanager.bind-host", "rest.bind-address"} <= set(hosts)
    assert "LoopbackHttpServerProvider" in str(SETTINGS["env.java.opts.all"])


@pytest.mark.parametrize("state", STATE_BACKENDS)
def test_one_setting_chooses_where_state_is_kept(state: str) -> None:
    config = ClusterConfig(Path("/runs/a"), Path("/python"), 8081, 6123, state)
    assert config.settings("")["state.backend.type"] == {"rocksdb": "rocksdb", "heap": "hashmap"}[state]


def test_whole_snapshots_of_the_heap_are_rarer_than_increments() -> None:
    on_heap = ClusterConfig(Path("/runs/a"), Path("/python"), 8081, 6123, "heap")
    assert SETTINGS["execution.checkpointing.interval"] == "5 s"
    assert on_heap.settings("")["execution.checkpointing.interval"] == "20 s"


def test_state_on_the_heap_has_the_memory_that_rocksdb_would_have() -> None:
    on_heap = ClusterConfig(Path("/runs/a"), Path("/python"), 8081, 6123, "heap")
    assert "taskmanager.memory.managed.fraction" not in SETTINGS
    assert on_heap.settings("")["taskmanager.memory.managed.fraction"] == 0.1


def test_an_hour_without_redis_fails_no_job() -> None:
    # A blocked sink blocks the checkpoint under way, and the ones after it that time out.
    assert SETTINGS["execution.checkpointing.timeout"] == "2 h"
    assert int(SETTINGS["execution.checkpointing.tolerable-failed-checkpoints"]) > 3600 / 5


def test_without_zookeeper_a_job_manager_is_alone() -> None:
    assert not [name for name in SETTINGS if name.startswith("high-availability")]


def test_with_zookeeper_a_new_job_manager_finds_the_jobs_in_the_run_folder() -> None:
    config = ClusterConfig(Path("/runs/a"), Path("/python"), 8081, 6125, zookeeper_port=2182)
    settings = config.settings("")
    assert settings["high-availability.zookeeper.quorum"] == "127.0.0.1:2182"
    assert settings["high-availability.storageDir"] == "file:///runs/a/high-availability"
    assert settings["high-availability.jobmanager.port"] == "6125"


def test_all_data_is_in_the_run_folder() -> None:
    folders = (
        "io.tmp.dirs",
        "web.tmpdir",
        "execution.checkpointing.dir",
        "execution.checkpointing.savepoint-dir",
    )
    assert all("/runs/a/" in str(SETTINGS[name]) for name in folders)


def test_the_java_options_of_the_distribution_are_kept() -> None:
    options = java_options((distribution() / "conf" / "config.yaml").read_text())
    assert "--add-opens=java.base/java.util=ALL-UNNAMED" in options.split()
    assert str(CONFIG.settings(options)["env.java.opts.all"]).startswith(options)


def test_a_distribution_without_java_options_is_refused() -> None:
    with pytest.raises(ValueError, match=r"env\.java\.opts\.all"):
        java_options("jobmanager:\n  rpc:\n    port: 6123\n")
