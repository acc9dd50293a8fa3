"""`scripts/prometheus` on machines with a PATH of their own."""

import shutil
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "prometheus"
APT = """#!/bin/sh
echo "$@" >>"{calls}"
case "$*" in
*update*) touch "{calls}.lists" ;;
*download*)
    [ -e "{calls}.lists" ] || {{ echo 'E: Unable to locate package prometheus'; exit 100; }}
    touch prometheus_1_all.deb ;;
esac
"""
DPKG = '#!/bin/sh\nmkdir -p usr/bin && cp "$0" usr/bin/promtool && cp "$0" usr/bin/prometheus\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A machine with apt-get, whose package lists are empty."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("mktemp", "mkdir", "rm", "mv", "cp", "touch", "tail", "sh"):
        found = shutil.which(tool)
        assert found is not None
        (folder / tool).symlink_to(found)
    program(folder, "apt-get", APT.format(calls=tmp_path / "calls"))
    program(folder, "dpkg", DPKG)
    return folder


def program(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def fetch(path: Path) -> "subprocess.CompletedProcess[str]":
    bash = shutil.which("bash")
    assert bash is not None
    line = [bash, str(SCRIPT), str(path.parent / "tools" / "prometheus")]
    return subprocess.run(line, env={"PATH": str(path)}, capture_output=True, text=True, check=False)


def test_it_unpacks_the_package_and_reads_the_lists_where_there_are_none(path: Path) -> None:
    assert fetch(path).returncode == 0
    assert {file.name for file in (path.parent / "tools" / "prometheus").iterdir()} == {
        "prometheus",
        "promtool",
    }
    calls = (path.parent / "calls").read_text().splitlines()
    assert [call.split()[-1 if "download" not in call else -2] for call in calls] == [
        "download",
        "update",
        "download",
    ]
    assert "Dir::State::Lists=" in calls[1], "the machine's own lists are left alone"


def test_a_second_time_and_where_both_are_installed_it_does_nothing(path: Path) -> None:
    fetch(path)
    calls = (path.parent / "calls").read_text()
    assert fetch(path).stdout == ""
    shutil.rmtree(path.parent / "tools")
    for name in ("prometheus", "promtool"):
        program(path, name, "#!/bin/sh\n")
    assert fetch(path).returncode == 0
    assert (path.parent / "calls").read_text() == calls


def test_where_it_cannot_one_line_says_what_to_do(path: Path) -> None:
    (path / "apt-get").unlink()
    done = fetch(path)
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith("The tests of the alert rules need promtool and prometheus: install Prometheus")
