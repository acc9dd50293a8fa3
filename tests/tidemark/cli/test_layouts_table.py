"""Layouts in `tidemark show shop`."""

from io import StringIO

from rich.console import Console

from schemas.layouts import Arm, ShopPolicy
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
