"""Layouts in `tidemark show shop`."""

import json
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from schemas.layouts import Arm, ShopPolicy, policy_key
from schemas.segments import shop_profile_key
from tests.tidemark.cli.typed import tidemark
from tidemark.cli.layouts_table import layouts_table


def test_each_segment_says_how_often_it_sees_and_buys_from_a_layout() -> None:
    seen = (Arm(0.75, 3.0, 17.0, 1.0, 0.1), Arm(0.25, 1.0, 99.0, 1.0, 0.1))
    policy = ShopPolicy("s", ("grid", "瀑布流"), {"": seen[::-1], "0": seen}, "revenue", 1, 1)
    text = StringIO()
    Console(width=100, file=text).print(layouts_table(policy))
    rows = {cells[1]: cells[2:4] for line in text.getvalue().splitlines() if len(cells := _cells(line)) > 3}
    assert rows["(none)"] == ["25%, 1.0%", "75%, 15.0%"]
    assert rows["0"] == ["75%, 15.0%", "25%, 1.0%"]
    assert "chosen by revenue" in text.getvalue()


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("│")]


def test_show_shop_shows_them_below_the_segments(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], redis: Any, redis_server: str
) -> None:
    segments = [
        {
            "segment": 0, "name": "masks", "visitors": 7.0, "share": 1.0, "trend": 0.0, "conversion": 0.25,
            "why": [["masks", 3.0, 0.5, 0.25]],
        }
    ]  # fmt: skip
    redis.set(shop_profile_key("tm", 1, "s"), json.dumps({"at_ms": 5, "visits": 9, "segments": segments}))
    words = ("show", "shop", "s", "--redis", redis_server)
    assert tidemark(monkeypatch, *words) == 0
    assert "Layouts" not in capsys.readouterr().out
    both = tuple(Arm(0.5, 1.0, 19.0, 0.0, 0.0) for _ in range(2))
    policy = ShopPolicy("s", ("grid", "list"), {"0": both}, "conversions", 5, 3)
    redis.hset(policy_key("tm", "s"), mapping=policy.fields())
    assert tidemark(monkeypatch, *words) == 0
    said = capsys.readouterr().out
    assert said.index("masks") < said.index("Layouts") < said.index("50%, 5.0%")
    assert tidemark(monkeypatch, *words, "--json") == 0
    assert json.loads(capsys.readouterr().out)["layouts"]["layouts"] == ["grid", "list"]
