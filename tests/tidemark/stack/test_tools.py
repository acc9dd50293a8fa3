from pathlib import Path

import pytest

from tidemark.errors import UserError
from tidemark.stack import tools


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15', 17),
        ('openjdk version "21" 2023-09-19', 21),
        ('java version "1.8.0_292"', 8),
        ("java: command not found", 0),
    ],
)
def test_the_feature_release_of_java(said: str, version: int) -> None:
    assert tools.java_version(said) == version


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=a", (7, 0, 15)),
        ("Redis server v=8 sha=0", (8,)),
        ("", (0,)),
    ],
)
def test_the_version_of_redis(said: str, version: tuple[int, ...]) -> None:
    assert tools.redis_version(said) == version


def program(folder: Path, name: str, says: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\necho '{says}'\n")
    (folder / name).chmod(0o755)


def test_an_old_redis_is_refused_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "redis-server", "Redis server v=6.0.16 sha=0")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/bin")
    with pytest.raises(UserError, match=r"7 or newer.*6\.0\.16"):
        tools.redis_server()


def test_an_old_java_is_refused_with_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path / "bin", "java", 'openjdk version "11.0.2"')
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UserError, match=r"Java 17.*Java 11"):
        tools.java()


@pytest.mark.parametrize(
    ("check", "names"),
    [
        (tools.java, "Java 17"),
        (tools.redis_server, "redis-server 7"),
        (lambda: tools.fetch(Path("tools")), "Maven"),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check: object, names: str
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert callable(check)
    with pytest.raises(UserError, match=names):
        check()


def test_a_folder_is_made_anew_when_its_source_has_changed(tmp_path: Path) -> None:
    source, folder = tmp_path / "pom.xml", tmp_path / "jars"
    source.write_text("one")
    tools.remake(folder, source, ("touch", str(folder / "a.jar")))
    assert tools.is_current(folder, source)
    source.write_text("two")
    assert not tools.is_current(folder, source)
    tools.remake(folder, source, ("touch", str(folder / "b.jar")))
    assert [jar.name for jar in folder.glob("*.jar")] == ["b.jar"]


def test_a_folder_whose_making_failed_is_not_current(tmp_path: Path) -> None:
    source, folder = tmp_path / "pom.xml", tmp_path / "jars"
    source.write_text("one")
    with pytest.raises(UserError, match="no such artifact"):
        tools.remake(folder, source, ("sh", "-c", "echo [ERROR] no such artifact; exit 1"))
    assert not tools.is_current(folder, source)
