"""`tidemark demo`: everything at once, to watch."""

from typing import Annotated

import typer
from rich.console import Console

from tidemark.errors import UserError
from tidemark.settings import Settings


def add_to(app: typer.Typer) -> None:
    """Register the command."""
    app.command()(demo)


def demo(
    speed: Annotated[
        str, typer.Option(help="How many times faster than the shoppers were, or max.")
    ] = "50000",
    seconds: Annotated[
        float | None, typer.Option(min=1, help="End by itself after so many seconds of watching.")
    ] = None,
) -> None:
    """Watch a year of real grocery shoppers become preferences in Redis.

    Starts a stack of its own in .run/demo (wiped at each start), replays the Complete Journey purchases
    through Kafka and Flink, and shows what Redis answers. Ctrl-C ends all of it.

    Example: tidemark demo --speed max
    """
    from tidemark.demo import Demo
    from tidemark.demo import demo as run_demo

    settings = Settings()
    try:
        factor = float("inf") if speed == "max" else float(speed)
    except ValueError:
        raise UserError(f"--speed {speed}: a factor above zero, or max") from None
    if not factor > 0:
        raise UserError(f"--speed {speed}: a factor above zero, or max")
    run_demo(Demo(settings.run / "demo", settings.tools, factor, seconds), Console())
