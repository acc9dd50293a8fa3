"""`tidemark simulate`: a closed loop, and what came of it."""

from typer.testing import CliRunner

from tidemark.cli.main import app

SMALL = ["simulate", "--visitors", "100", "--days", "3", "--shops", "1"]


def test_the_summary_has_everybody_who_decided() -> None:
    done = CliRunner().invoke(app, [*SMALL, "--seed", "3"])
    assert done.exit_code == 0, done.output
    for name in ("tidemark", "age × income", "no segments", "layouts by chance", "oracle"):
        assert name in done.output
    assert "regret" in done.output


def test_the_same_seed_prints_the_same() -> None:
    first, again, other = (CliRunner().invoke(app, [*SMALL, "--seed", seed]).output for seed in "334")
    assert first == again != other


def test_the_help_teaches() -> None:
    done = CliRunner().invoke(app, ["simulate", "--help"])
    for option in ("--shops", "--visitors", "--days", "--effect", "--seed", "--drift", "--speed"):
        assert option in done.output


def test_more_than_twenty_layouts_are_refused() -> None:
    assert CliRunner().invoke(app, [*SMALL, "--layouts", "21"]).exit_code == 2
