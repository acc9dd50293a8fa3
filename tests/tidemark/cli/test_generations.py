"""`tidemark generations`, `compare` and `promote`, as a person types them."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.preferences import served_key
from tests.tidemark.cli.typed import tidemark
from tests.tidemark.generations_in_redis import schema, write


@pytest.fixture(autouse=True)
def _shop(redis: Any, redis_server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Two generations in a real Redis, and a shell in which `tidemark` finds it."""
    write(redis, schema(1), {"ann": {"c": 4, "c:tea": 4}, "bob": {"c": 1, "c:jam": 1}})
    write(redis, schema(2), {"ann": {"c": 2, "c:tea": 2}})
    monkeypatch.setenv("TIDEMARK_REDIS", redis_server)
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)


def cells(shown: str, first: str) -> list[str]:
    (row,) = [line for line in shown.splitlines() if line.startswith(f"│ {first} ")]
    return [cell.strip() for cell in row.strip("│ ").split("│")]


def test_generations_are_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert tidemark(monkeypatch, "generations") == 0
    shown = capsys.readouterr().out
    assert cells(shown, "1") == ["1", "served", "2", "hour 1 h, day 1 d", "category, brand"]
    assert cells(shown, "2") == ["2", "", "1", "hour 1 h, day 1 d", "category, brand"]
    assert tidemark(monkeypatch, "generations", "--namespace", "other") == 0
    assert "no preferences of namespace other" in capsys.readouterr().out


def test_generations_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert tidemark(monkeypatch, "promote", "2") == 0
    capsys.readouterr()
    assert tidemark(monkeypatch, "generations", "--json") == 0
    old, new = json.loads(capsys.readouterr().out)
    assert (old["number"], old["visitors"], old["served"], new["served"]) == (1, 2, False, True)
    assert old["gone_at_ms"] > 0
    assert new["gone_at_ms"] is None
    assert new["schema"]["horizons"] == [["hour", 3_600_000], ["day", 86_400_000]]


def test_a_comparison_is_a_table(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert tidemark(monkeypatch, "compare", "1", "2") == 0
    shown = capsys.readouterr().out
    assert "Visitors: 1 in both, 1 only in 1, 0 only in 2" in shown
    assert "Values of 1 visitors; 1 of these differ" in shown
    assert cells(shown, "category")[:3] == ["category", "0", "0"]
    day = [line for line in shown.splitlines() if line.startswith("│   day ")]
    assert [cell.strip() for cell in day[0].strip("│ ").split("│")[3:]] == [
        *("1", "1", "50.0%", "50.0%", "0.5", "100.0%")
    ]


def test_a_comparison_as_json(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert tidemark(monkeypatch, "compare", "1", "2", "--sample", "0", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["both"], found["only_old"], found["compared"], found["layout"]) == (1, 1, 1, [])
    day = found["facets"]["category"]["horizons"]["day"]
    assert day["mean_log2_ratio"] == pytest.approx(-1)
    assert day["mean_difference"] == pytest.approx(0.5)
    assert day["top_10_overlap"] == 1
    assert found["facets"]["brand"]["horizons"]["day"]["top_10_overlap"] is None


def test_promoting_and_taking_it_back(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], redis: Any
) -> None:
    assert tidemark(monkeypatch, "promote", "2", "--keep", "10 min") == 0
    shown = capsys.readouterr().out
    assert "generation 2" in shown
    assert "there for 10 min: tidemark promote 1 takes this back" in shown
    assert redis.get(served_key("tm")) == b"2"
    assert 590 <= redis.ttl(schema(1).visitor_key("bob")) <= 600
    assert tidemark(monkeypatch, "promote", "1") == 0
    assert redis.get(served_key("tm")) == b"1"
    capsys.readouterr()
    assert tidemark(monkeypatch, "promote", "1") == 0
    assert capsys.readouterr().out == "Readers have generation 1.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("promote", "7"), "no generation 7 in namespace tm; there is 1, 2"),
        (("promote", "2", "--keep", "1 min"), "--keep 1 min: at least 2 min"),
        (("promote", "2", "--keep", "soon"), "--keep soon: 'soon' is no duration"),
        (("promote", "2", "--namespace", "other"), "it holds none"),
        (("compare", "1", "9"), "no generation 9"),
        (("generations", "--redis", "redis://:secret@127.0.0.1:1"), "127.0.0.1:1"),
        (("generations", "--redis", "no-url"), "no Redis URL"),
    ],
)
def test_a_mistake_is_one_line_and_exit_code_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert tidemark(monkeypatch, *words) == 2
    shown = capsys.readouterr().err
    assert said in shown
    assert len(shown.strip().splitlines()) == 1
    assert "secret" not in shown


def test_a_configuration_that_is_none_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], redis: Any
) -> None:
    redis.set(schema(2).config_key, "{}")
    assert tidemark(monkeypatch, "compare", "1", "2") == 2
    assert "tm:{preferences:2}:config: not a preference configuration" in capsys.readouterr().err


def test_what_stands_there_as_served_and_is_no_number_is_a_mistake(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], redis: Any
) -> None:
    redis.set(served_key("tm"), "two")
    assert tidemark(monkeypatch, "generations") == 2
    assert "no generation to be served" in capsys.readouterr().err
