"""Where a secret might be seen: files, Flink's REST interface, command lines, printed output."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests

LOOK_EVERY_S = 0.2


def files(run: Path, without: Path) -> dict[str, str]:
    """Everything in the run folder, whatever its kind, but for the folder `without`.

    Links are left out, which lead to Flink's jars, and Kafka's indexes, which hold offsets only.
    """
    return {
        str(file): file.read_bytes().decode("latin-1")
        for file in run.rglob("*")
        if file.is_file()
        and not file.is_symlink()
        and file.suffix not in (".index", ".timeindex")
        and without not in file.parents
    }


def rest_answers(flink: str) -> dict[str, str]:
    """What the REST interface, and so the web page, tells of the cluster, its servers, logs and jobs."""

    def get(path: str) -> Any:
        answer = requests.get(f"http://{flink}{path}", timeout=30)
        answer.raise_for_status()
        found[path] = answer.text
        return answer.json() if "json" in answer.headers.get("Content-Type", "") else None

    found: dict[str, str] = {}
    servers = ["/jobmanager", *(f"/taskmanagers/{m['id']}" for m in get("/taskmanagers")["taskmanagers"])]
    for path in ("/config", "/overview", "/jobmanager/config", "/jobmanager/environment", *servers[1:]):
        get(path)
    for server in servers:
        get(f"{server}/thread-dump")
        for log in get(f"{server}/logs")["logs"]:
            if log["size"] > 0:
                get(f"{server}/logs/{log['name']}")
    for job in get("/jobs/overview")["jobs"]:
        for part in ("", "/config", "/plan", "/exceptions", "/accumulators", "/checkpoints/config"):
            get(f"/jobs/{job['jid']}{part}")
        for vertex in get(f"/jobs/{job['jid']}")["vertices"]:
            get(f"/jobs/{job['jid']}/vertices/{vertex['id']}")
            get(f"/jobs/{job['jid']}/vertices/{vertex['id']}/accumulators")
    return found


@contextmanager
def command_lines() -> Iterator[set[str]]:
    """Those of every process of this machine while the block runs, the short-lived ones as well."""
    seen: set[str] = set()
    done = threading.Event()

    def look() -> None:
        while not done.wait(LOOK_EVERY_S):
            for process in psutil.process_iter(["cmdline"]):
                seen.add(" ".join(process.info["cmdline"] or ()))

    thread = threading.Thread(target=look, name="command lines")
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def places_of(word: str, places: dict[str, str]) -> list[str]:
    """Names of the places that hold the word."""
    return [name for name, content in places.items() if word in content]


def private_key(pem: Path) -> str:
    """A line of the key in a PEM file."""
    lines: Iterable[str] = pem.read_text().partition("PRIVATE KEY-----")[2].splitlines()
    return next(line for line in lines if len(line) > 40)
