"""The local stack's programs: which must be there, and which Maven fetches."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from tidemark.errors import UserError

HERE = Path(__file__).parent
JAVA_AT_LEAST = 17
REDIS_AT_LEAST = 7
LOOPBACK_JAR = "loopback-http.jar"


def java_version(text: str) -> int:
    """The feature release in the output of `java -version`; 0 where there is none. `1.8.0_292` is 8."""
    found = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(found.group(1)) if found else 0


def redis_version(text: str) -> tuple[int, ...]:
    """(7, 0, 15) from `Redis server v=7.0.15 sha=…`; (0,) where there is none."""
    found = re.search(r"v=(\d+(?:\.\d+)*)", text)
    return tuple(int(part) for part in found.group(1).split(".")) if found else (0,)


def output(*command: str) -> str:
    """What a program says on both streams; empty when it is not installed."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    return done.stdout + done.stderr


def jdk(name: str) -> str | None:
    """Path of a program of the JDK: that of `JAVA_HOME`, else the one on `PATH`; None where there is none."""
    home = os.environ.get("JAVA_HOME")
    return shutil.which(name, path=str(Path(home) / "bin")) if home else shutil.which(name)


def java() -> str:
    """Path of the `java` that runs Kafka and Flink.

    Raises
    ------
    UserError : there is none, or it is older than 17.
    """
    program = jdk("java")
    version = java_version(output(program, "-version")) if program else 0
    if program is None or version < JAVA_AT_LEAST:
        found = f"{program} is Java {version}" if program else "found none"
        raise UserError(
            f"The local stack needs Java 17, {found}: install a JDK 17, or point JAVA_HOME at one."
        )
    return program


def redis_server() -> str:
    """Path of a `redis-server` that has functions.

    Raises
    ------
    UserError : there is none, or it is older than 7.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise UserError(
            "The local stack needs redis-server 7 or newer, found none: install it"
            " (Debian and Ubuntu: redis-server)."
        )
    version = redis_version(output(program, "--version"))
    if version < (REDIS_AT_LEAST,):
        raise UserError(
            f"The local stack needs redis-server 7 or newer, {program} is {'.'.join(map(str, version))}:"
            " install a newer one and put it first on PATH."
        )
    return program


def fetch(tools: Path) -> None:
    """Copy Kafka and Flink's connectors from Maven's repository to `tools`; what is there and current stays.

    Raises
    ------
    UserError : Maven or the compiler is missing, or fails.
    """
    for name in ("kafka", "flink"):
        pom = HERE / f"{name}.pom.xml"
        if not is_current(tools / name, pom):
            print(f"Fetching {name}'s jars with Maven …", flush=True)
            copy_dependencies(pom, tools / name)
    source = HERE / "java" / "LoopbackHttpServerProvider.java"
    if not is_current(tools / "loopback", source):
        compile_jar(source, tools / "loopback")


def is_current(folder: Path, source: Path) -> bool:
    """Whether `folder` was made completely, from this very `source`."""
    stamp = folder / ".made-from"
    return stamp.exists() and stamp.read_text() == digest(source)


def digest(source: Path) -> str:
    return hashlib.sha256(source.read_bytes()).hexdigest()


def copy_dependencies(pom: Path, folder: Path) -> None:
    """Replace `folder` by the jars that `pom` names."""
    if shutil.which("mvn") is None:
        raise UserError("The local stack needs Maven to fetch Kafka: install it (Debian and Ubuntu: maven).")
    goal = ("dependency:copy-dependencies", f"-DoutputDirectory={folder.absolute()}")
    remake(folder, pom, ("mvn", "-q", "-B", "-ntp", "-f", str(pom), *goal))


def compile_jar(source: Path, folder: Path) -> None:
    """Replace `folder` by one with a jar of the one class in `source`, and its class file."""
    javac, jar = jdk("javac"), jdk("jar")
    if javac is None or jar is None:
        raise UserError("The local stack needs a Java compiler: install a JDK 17, not only its runtime.")
    opened = ("--add-exports", "jdk.httpserver/sun.net.httpserver=ALL-UNNAMED")
    compiling = (javac, *opened, "-d", str(folder), str(source))
    packing = (jar, "cf", str(folder / LOOPBACK_JAR), "-C", str(folder), f"{source.stem}.class")
    remake(folder, source, compiling, packing)


def remake(folder: Path, source: Path, *commands: tuple[str, ...]) -> None:
    """Empty `folder`, run `commands`, then stamp it; an interrupted run leaves no stamp."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for command in commands:
        run(command)
    (folder / ".made-from").write_text(digest(source))


def run(command: tuple[str, ...]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines()
        errors = [line for line in said if "ERROR" in line] or said or ["it said nothing"]
        raise UserError(f"`{' '.join(command)}` failed: {errors[0]}", exit_code=1)


def main() -> int:
    """`python -m tidemark.stack.tools FOLDER`: fetch into FOLDER."""
    try:
        java()
        fetch(Path(sys.argv[1]))
    except UserError as error:
        print(f"tidemark: {error}", file=sys.stderr)
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
