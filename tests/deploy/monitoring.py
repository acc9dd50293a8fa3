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


def panels(*boards: str) -> list[dict[str, Any]]:
    """Every panel of the dashboards of these names, rows left out; no name: of all."""
    return [
        panel
        for file, board in DASHBOARDS.items()
        if not boards or file.stem in boards
        for panel in board["panels"]
        if panel["type"] != "row"
    ]


def panel_queries(*boards: str) -> dict[str, str]:
    """`panel: legend` -> its expression for all jobs, of the dashboards of these names; none: of all."""
    return {
        f"{panel['title']}: {target['legendFormat']}": target["expr"].replace("$job", ".*")
        for panel in panels(*boards)
        for target in panel["targets"]
    }


def metrics(expression: str) -> set[str]:
    """The metrics of Flink in an expression."""
    return set(re.findall(r"\bflink_\w+", expression))
