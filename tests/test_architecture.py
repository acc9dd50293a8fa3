"""Arrows point down only: who may import whom, checked by reading imports."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAY_IMPORT = {
    "tidemark": {"tidemark", "flink_jobs", "operators", "sink_connectors", "state", "schemas"},
    "flink_jobs": {"flink_jobs", "operators", "sink_connectors", "state", "schemas"},
    "operators": {"operators", "state", "schemas", "workers"},
    "sink_connectors": {"sink_connectors", "schemas", "workers"},
    "state": {"state", "schemas"},
    "schemas": {"schemas"},
    "workers": {"workers"},
}
OURS = set(MAY_IMPORT)

PYFLINK_MAY_STAND_IN = {"schemas/flink_types.py", "state/descriptors.py"}
PYFLINK_FREE = ("schemas", "state", "workers", "operators/maths", "tidemark/client.py")

MATHS_MAY_IMPORT = {
    "numpy",
    "scipy",
    "math",
    "dataclasses",
    "enum",
    "collections",
    "typing",
    "itertools",
    "functools",
    "schemas",
}


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(file: Path) -> set[str]:
    """Every module that the file imports anywhere, functions included."""
    modules = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            modules.add(node.module or "")
    return modules


def top(module: str) -> str:
    return module.split(".")[0]


@pytest.mark.parametrize("package", sorted(MAY_IMPORT))
def test_packages_import_downwards_only(package: str) -> None:
    for file in sources(package):
        wrong = {top(m) for m in imported(file)} & OURS - MAY_IMPORT[package]
        assert not wrong, f"{file.relative_to(ROOT)} imports {wrong}"


@pytest.mark.parametrize("place", PYFLINK_FREE)
def test_pyflink_stays_out(place: str) -> None:
    files = [ROOT / place] if place.endswith(".py") else sources(place)
    for file in files:
        if file.relative_to(ROOT).as_posix() not in PYFLINK_MAY_STAND_IN:
            assert "pyflink" not in {top(m) for m in imported(file)}, file


def test_maths_knows_arrays_and_schemas_and_nothing_else() -> None:
    for file in sources("operators/maths"):
        foreign = {
            m
            for m in imported(file)
            if top(m) not in MATHS_MAY_IMPORT and not m.startswith("operators.maths")
        }
        assert not foreign, f"{file.relative_to(ROOT)} imports {foreign}"


def test_every_package_is_checked() -> None:
    packages = {p.parent.name for p in ROOT.glob("*/__init__.py")} - {"tests"}
    assert packages == OURS


def test_no_file_is_named_for_nothing() -> None:
    vague = {"utils.py", "util.py", "helpers.py", "common.py", "misc.py", "manager.py"}
    assert not [file for package in OURS for file in sources(package) if file.name in vague]
