"""Alert rules by promtool and their unit tests; dashboards as far as their files tell."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.deploy.compose import ROOT, services
from tests.deploy.monitoring import (
    ALERTS,
    DASHBOARDS,
    GRAFANA,
    PROMETHEUS,
    metrics,
    panel_queries,
    panels,
)
from tests.deploy.prometheus import promtool

UNIT_TESTS = Path(__file__).with_name("alerts_test.yml")
SERVICES = services({})


def test_prometheus_takes_its_configuration_and_the_rules() -> None:
    done = promtool("check", "config", PROMETHEUS / "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(ALERTS)} rules found" in done.stdout


def test_alerts_fire_for_what_is_ill_and_for_nothing_else() -> None:
    done = promtool("test", "rules", UNIT_TESTS)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_an_alert_has_a_unit_test_in_which_it_fires_and_a_section_for_the_operator(alert: str) -> None:
    tests = {test["name"]: test for test in YAML(typ="safe").load(UNIT_TESTS.read_text())["tests"]}
    fired = [t for t in tests[alert]["promql_expr_test"] if alert in t["expr"] and t["exp_samples"]]
    assert fired
    assert f"### {alert}\n" in (ROOT / "docs" / "operations.md").read_text()
    assert ALERTS[alert]["labels"]["severity"] in ("page", "warn")
    assert ALERTS[alert]["annotations"].keys() == {"summary", "description"}


def test_prometheus_asks_every_server_of_flink() -> None:
    config = YAML(typ="safe").load((PROMETHEUS / "prometheus.yml").read_text())
    asked = {
        name for job in config["scrape_configs"] for dns in job["dns_sd_configs"] for name in dns["names"]
    }
    scripts = {"standalone-job.sh", "taskmanager.sh"}
    assert asked == {name for name, service in SERVICES.items() if scripts & set(service.entrypoint or ())}


def test_every_query_of_a_dashboard_is_promql(tmp_path: Path) -> None:
    rules = [{"record": f"panel:{n}", "expr": expr} for n, expr in enumerate(panel_queries().values())]
    file = tmp_path / "panels.yml"
    YAML(typ="safe").dump({"groups": [{"name": "panels", "rules": rules}]}, file)
    done = promtool("check", "rules", file)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(rules)} rules found" in done.stdout


def test_every_query_of_a_dashboard_asks_for_a_metric_of_flink() -> None:
    assert all(metrics(expression) for expression in panel_queries().values())


def test_every_metric_of_an_operator_is_counted_by_one_of_ours_or_by_flink() -> None:
    of_flink = {"numRecordsIn", "pendingRecords"}
    sources = [
        *ROOT.glob("operators/**/*.py"),
        *ROOT.glob("sink_connectors/*.py"),
        *ROOT.glob("jvm/src/main/**/*.java"),
    ]
    ours = {name for file in sources for name in re.findall(r'counter\("(\w+)"\)', file.read_text())}
    prefix = "flink_taskmanager_job_task_operator_"
    asked = {
        name.removeprefix(prefix)
        for expression in panel_queries().values()
        for name in metrics(expression)
        if name.startswith(prefix) and "rocksdb" not in name
    }
    assert asked <= ours | of_flink


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_a_dashboard_is_one_that_grafana_takes(file: Path) -> None:
    board = DASHBOARDS[file]
    assert board.keys() >= {"uid", "title", "schemaVersion", "panels", "templating", "time"}
    identities = [panel["id"] for panel in board["panels"]]
    assert len(set(identities)) == len(identities)
    variables = {variable["name"] for variable in board["templating"]["list"]}
    for panel in board["panels"]:
        assert panel["title"]
        for target in panel.get("targets", ()):
            assert set(re.findall(r"\$(\w+)", target["expr"])) <= variables
            assert re.fullmatch(r"[A-Z]", target["refId"])
        references = [target["refId"] for target in panel.get("targets", ())]
        assert len(set(references)) == len(references)


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_panels_lie_within_the_grid_and_on_no_other(file: Path) -> None:
    places = [panel["gridPos"] for panel in DASHBOARDS[file]["panels"]]
    assert all(place["x"] >= 0 and place["x"] + place["w"] <= 24 for place in places)
    assert not [pair for pair in combinations(places, 2) if overlap(*pair)]


def overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(
        one[at] < other[at] + other[size] and other[at] < one[at] + one[size] for at, size in ("xw", "yh")
    )


def test_panels_say_what_they_show() -> None:
    for panel in panels():
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]


def test_what_grafana_is_provisioned_with_fits_together() -> None:
    (source,) = provisioned("datasources")["datasources"]
    (provider,) = provisioned("dashboards")["providers"]
    assert {panel["datasource"]["uid"] for panel in panels()} == {source["uid"]}
    assert source["url"] == "http://prometheus:9090"
    mounted = {target: from_ for target, from_ in SERVICES["grafana"].volumes.items() if from_}
    assert mounted["/etc/grafana/provisioning"] == "./deploy/grafana/provisioning"
    assert mounted[provider["options"]["path"]] == "./deploy/grafana/dashboards"
    home = Path(SERVICES["grafana"].environment["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])
    assert GRAFANA / "dashboards" / home.name in DASHBOARDS
    assert str(home.parent) == provider["options"]["path"]


def provisioned(kind: str) -> dict[str, Any]:
    (file,) = (GRAFANA / "provisioning" / kind).glob("*.yml")
    content: dict[str, Any] = YAML(typ="safe").load(file.read_text())
    assert content["apiVersion"] == 1
    return content
