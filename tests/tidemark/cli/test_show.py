"""`tidemark show`, as a person types it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.tidemark.cli.typed import tidemark
from tests.tidemark.filled_redis import AT_MS, fill, learn


@pytest.fixture(autouse=True)
def _shop(redis: Any, redis_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Preferences in a real Redis, and a shell in which `tidemark` finds it."""
    fill(redis)
    monkeypatch.setenv("TIDEMARK_REDIS", redis_server)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)


def show(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Exit code of `tidemark show visitor …`."""
    return tidemark(monkeypatch, "show", "visitor", *arguments)


def test_a_visitor_is_a_table_a_facet() -> None:
    line = [str(Path(sys.executable).parent / "tidemark"), "show", "visitor", "ann", "--at", "latest"]
    shown = subprocess.run(line, capture_output=True, text=True, check=True, env=os.environ)
    assert "latest event 2023-11-14 22:13 UTC; weights as of 2023-11-14 22:13 UTC" in shown.stdout
    (tea,) = [line for line in shown.stdout.splitlines() if "tea" in line]
    assert [cell.strip() for cell in tea.strip("│ ").split("│")] == ["tea", "6.00", "32.5%", "6.00", "23.3%"]


def test_what_is_chosen_next_orders_the_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], redis: Any
) -> None:
    learn(redis)
    assert show(monkeypatch, "ann", "--at", "latest", "--facet", "category") == 0
    shown = capsys.readouterr().out
    assert shown.index("soap") < shown.index("tea")
    (soap,) = [line for line in shown.splitlines() if "soap" in line]
    cells = [cell.strip() for cell in soap.strip("│ ").split("│")]
    assert cells[:2] == ["soap", "3.00"]
    assert len(cells) == 6, "weight and share of two horizons, and the mix's share"


def test_json_holds_the_clients_answers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("--at", "2023-11-14T22:13:20Z", "--json", "--facet", "category", "--horizon", "long")
    assert show(monkeypatch, "ann", *arguments) == 0
    (answer,) = json.loads(capsys.readouterr().out)
    assert answer["at"] == AT_MS
    assert [item["value"] for item in answer["items"]] == ["tea", "soap", "new:é"]


def test_what_has_faded_says_how_to_see_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(monkeypatch, "ann", "--horizon", "live") == 0
    shown = capsys.readouterr().out
    assert "All of it has faded" in shown
    assert "--at latest" in shown


def test_an_unknown_visitor_is_said_and_gets_everybodys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(monkeypatch, "[b]nobody") == 0
    shown = capsys.readouterr().out
    assert "[b]nobody is unknown" in shown
    assert "milk" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--facet", "colour"), "no facet 'colour'"),
        (("--horizon", "weekly"), "no horizon 'weekly'"),
        (("--at", "yesterday"), "--at yesterday"),
        (("--generation", "9"), "generation 9"),
        (("--redis", "redis://:secret@127.0.0.1:1"), "127.0.0.1:1"),
        (("--redis", "no-url"), "no-url is no Redis URL"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert show(monkeypatch, "ann", *arguments) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert len(shown.strip().splitlines()) == 1
    assert "secret" not in shown
