"""`tidemark layouts` and `tidemark evaluate layouts`, as a person types them."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.layouts import Arm, ShopPolicy, policy_key
from tests.synthetic_visits import LAYOUTS, visits
from tests.tidemark.cli.typed import tidemark

KNOWN = tuple(Arm(1 / 3, 1.0, 1.0, 0.0, 0.0) for _ in LAYOUTS)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Exposures and behaviours as trackers send them, one shop, a propensity each."""
    exposures, behaviors = visits(4_000, seed=6, visitors=800)
    file = tmp_path / "log.jsonl"
    lines = [json.dumps({"type": "exposure", **e, "shop_id": "s", "propensity": 1 / 3}) for e in exposures]
    lines += [json.dumps({"type": "behavior", **b, "shop_id": "s"}) for b in behaviors]
    file.write_text("\n".join(lines))
    return file


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["s1"], "name the layouts"),
        (["s1", "a", "b", "--none"], "name the layouts"),
        (["s1", "a"], "1 layouts: a shop chooses among 2 to 20"),
        (["s1", "a", "a"], "stands twice"),
        (["", "a", "b"], "id is empty"),
        (["s1", "a", "b", "--kafka", "127.0.0.1:1"], "no Kafka at 127.0.0.1:1"),
    ],
)
def test_what_cannot_be_offered_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert tidemark(monkeypatch, "layouts", *words) == 2
    assert said in capsys.readouterr().err


def test_the_policy_in_redis_is_judged_by_a_file(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    log: Path,
    redis: Any,
    redis_server: str,
) -> None:
    policy = ShopPolicy("s", LAYOUTS, {"": KNOWN}, "conversions", 1, 1)
    redis.hset(policy_key("tm", "s"), mapping=policy.fields())
    words = ("evaluate", "layouts", "--file", str(log), "--redis", redis_server, "--shop", "s")
    assert tidemark(monkeypatch, *words, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["exposures"] == 4_000
    assert said["enough"]
    # What was logged is what the policy would have done.
    for name, error in (("ips", 1e-9), ("snips", 1e-9), ("doubly_robust", 0.02)):
        assert said[name]["value"] == pytest.approx(said["logged"]["value"], rel=error)
        assert said[name]["low"] < said[name]["value"] < said[name]["high"]


def test_a_table_is_for_people(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], log: Path
) -> None:
    assert tidemark(monkeypatch, "evaluate", "layouts", "--file", str(log), "--only", "grid") == 0
    said = capsys.readouterr().out
    assert "4,000 exposures" in said
    assert "doubly robust" in said
    assert "not enough" not in said


def test_too_little_data_is_said_and_is_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], log: Path, tmp_path: Path
) -> None:
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(log.read_text().splitlines()[:50]))
    assert tidemark(monkeypatch, "evaluate", "layouts", "--file", str(few), "--only", "grid") == 1
    assert "not enough data" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "log.jsonl:1: no exposure and no behaviour"),
        ('{"type": "article"}', "log.jsonl:1: no exposure and no behaviour"),
        ('{"type": "exposure", "event_id": "1"}', "missing required field"),
    ],
)
def test_a_line_that_is_no_event_is_named(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    line: str,
    reason: str,
) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text(line)
    assert tidemark(monkeypatch, "evaluate", "layouts", "--file", str(file), "--only", "a") == 2
    assert reason in capsys.readouterr().err


def test_other_mistakes_are_one_line_each(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    log: Path,
    redis_server: str,
    tmp_path: Path,
) -> None:
    judge = ("evaluate", "layouts", "--file", str(log))
    assert tidemark(monkeypatch, *judge, "--redis", redis_server) == 2
    assert "Redis holds no layouts of shop s" in capsys.readouterr().err
    assert tidemark(monkeypatch, *judge, "--only", "none such") == 1
    assert "never shown" in capsys.readouterr().err
    assert tidemark(monkeypatch, *judge, "--only", "grid", "--since", "yesterday") == 2
    assert "--since yesterday" in capsys.readouterr().err
    assert tidemark(monkeypatch, *judge, "--only", "grid", "--since", "2050-01-01") == 1
    assert "no exposures" in capsys.readouterr().err
    missing = str(tmp_path / "missing")
    assert tidemark(monkeypatch, "evaluate", "layouts", "--file", missing, "--only", "a") == 2
    assert "No such file" in capsys.readouterr().err
