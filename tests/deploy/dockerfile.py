"""`deploy/Dockerfile`: its instructions."""

import re

from tests.deploy.compose import ROOT

TEXT = (ROOT / "deploy" / "Dockerfile").read_text()


def instructions(name: str) -> list[str]:
    """The arguments of every instruction of that name, lines joined."""
    lines = [line for line in TEXT.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    return [line.removeprefix(f"{name} ") for line in joined.splitlines() if line.startswith(f"{name} ")]


def layout_step() -> str:
    """The step that lays out Flink's home below the working directory."""
    (step,) = [step for step in instructions("RUN") if "flink/lib" in step]
    return step
