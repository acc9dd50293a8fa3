"""What `deploy/` asks Prometheus for: the expressions of the alerts and of the dashboards' panels."""

import json
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.deploy.compose import ROOT

PROMETHEUS = ROOT / "deploy" / "prometheus"
GRAFANA = ROOT / "deploy" / "grafana"
RULES = YAML(typ="safe").load((PROMETHEUS / "alerts.yml").read_text())
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
DASHBOARDS: dict[Path, dict[str, Any]] = {
    file: json.loads(file.read_text()) for file in sorted((GRAFANA / "dashboards").glob("*.json"))
}


def panels() -> list[dict[str, Any]]:
    """Every panel of every dashboard, rows left out."""
    return [p for board in DASHBOARDS.values() for p in board["panels"] if p["type"] != "row"]


def panel_queries() -> dict[str, str]:
    """`panel: legend` -> its expression for all jobs."""
    return {
        f"{panel['title']}: {target['legendFormat']}": target["expr"].replace("$job", ".*")
        for panel in panels()
        for target in panel["targets"]
    }


def metrics(expression: str) -> set[str]:
    """The metrics of Flink in an expression."""
    return set(re.findall(r"\bflink_\w+", expression))
