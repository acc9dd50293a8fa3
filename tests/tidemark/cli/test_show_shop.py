"""`tidemark show shop`, as a person types it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.tidemark.cli.typed import tidemark
from tests.tidemark.test_segment import PROFILE, SCHEMA, fill


@pytest.fixture(autouse=True)
def _shop(redis: Any, redis_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A profile in a real Redis, and a shell in which `tidemark` finds it."""
    fill(redis)
    monkeypatch.setenv("TIDEMARK_REDIS", redis_server)
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("│ ").split("│")]


def test_a_shop_is_a_table_of_its_segments() -> None:
    line = [str(Path(sys.executable).parent / "tidemark"), "show", "shop", "one"]
    shown = subprocess.run(line, capture_output=True, text=True, check=True, env=os.environ).stdout
    assert "Shop one: 12,345 visits until 2023-11-14 22:13 UTC" in shown
    (soap,) = [cells(line) for line in shown.splitlines() if "soap ·" in line]
    assert soap == ["7", "soap · tea", "60", "75.0%", "-12%", "6.2%", "soap 50.0% (2.0 ×)"]
    assert shown.index("soap · tea") < shown.index("面膜"), "the largest first"


def test_json_is_what_redis_holds(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert tidemark(monkeypatch, "show", "shop", "one", "--json") == 0
    shown = capsys.readouterr().out
    assert json.loads(shown) == {**PROFILE, "layouts": None}
    assert "面膜" in shown


def test_a_shop_without_segments_is_an_empty_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], redis: Any
) -> None:
    redis.set(SCHEMA.shop_key("[b]new"), json.dumps(PROFILE | {"segments": [], "visits": 0}))
    assert tidemark(monkeypatch, "show", "shop", "[b]new") == 0
    assert "Shop [b]new: 0 visits" in capsys.readouterr().out


def test_names_are_shown_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], redis: Any
) -> None:
    named = {"name": "[red]tea", "why": [["[/b] x", 9.5, 0.5, 0.0]]}
    segments = [PROFILE["segments"][0] | named]  # type: ignore[index]
    redis.set(SCHEMA.shop_key("two"), json.dumps(PROFILE | {"segments": segments}))
    assert tidemark(monkeypatch, "show", "shop", "two") == 0
    shown = capsys.readouterr().out
    assert "[red]tea" in shown
    assert "[/b] x 50.0%" in shown


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("two",), "no segments of shop 'two'"),
        (("one", "--generation", "9"), "no segments of shop 'one'"),
        (("one", "--namespace", "other"), "no segments of shop 'one'"),
        (("one", "--redis", "redis://:secret@127.0.0.1:1"), "127.0.0.1:1"),
        (("one", "--redis", "no-url"), "no-url is no Redis URL"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    assert tidemark(monkeypatch, "show", "shop", *arguments) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert len(shown.strip().splitlines()) == 1
    assert "secret" not in shown
