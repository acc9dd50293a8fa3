"""`tidemark`: every command of the project, one module a family of commands."""

import sys
from importlib import import_module

import typer
from rich.console import Console

from tidemark.errors import UserError

# A family of commands is a module with `add_to(app)`. Families other than
# `show`, `generations` and `visitors` need `tidemark[jobs]`.
FAMILIES = (
    "stack",
    "jobs",
    "replay",
    "gate",
    "show",
    "generations",
    "visitors",
    "layouts",
    "demo",
    "evaluate",
    "simulate",
)

app = typer.Typer(
    name="tidemark",
    help="Real-time personalisation for online shops, on Apache Flink.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)

for family in FAMILIES:
    import_module(f"tidemark.cli.{family}").add_to(app)


def main() -> None:
    """Run the command line; what a person can mend is one line on stderr and an exit code."""
    try:
        app()
    except UserError as error:
        Console(stderr=True, soft_wrap=True).print(
            f"tidemark: {error}", style="red", markup=False, highlight=False
        )
        sys.exit(error.exit_code)
    except ModuleNotFoundError as error:
        if error.name in (
            "pyflink",
            "kafka",
            "fastavro",
            "msgspec",
            "pandas",
            "psutil",
            "requests",
            "tenacity",
        ):
            sys.exit(_without_jobs(error.name))
        raise


def _without_jobs(module: str) -> int:
    """The base install has the client and `show` only."""
    print(f"tidemark: this command needs {module}: pip install 'tidemark[jobs]'", file=sys.stderr)
    return 2
