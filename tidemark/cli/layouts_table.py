"""A shop's layouts as a merchandiser reads them."""

from rich.table import Table

from schemas.layouts import Arm, ShopPolicy


def layouts_table(policy: ShopPolicy) -> Table:
    """A row a segment, a column a layout: how often it is shown there, and how often it converts."""
    table = Table(title=f"Layouts, chosen by {policy.reward}: shown, conversion", title_justify="left")
    table.add_column("segment", justify="right")
    for name in policy.layouts:
        table.add_column(name, justify="right")
    for segment, arms in sorted(policy.segments.items()):
        table.add_row(segment or "(none)", *map(_cell, arms))
    return table


def _cell(arm: Arm) -> str:
    return f"{arm.probability:.0%}, {arm.alpha / (arm.alpha + arm.beta):.1%}"
