"""The peers' own virtual environment: made on first use, from `peers/requirements.lock`."""

import os
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

from tidemark.errors import UserError

LOCK = Path(__file__).parent / "peers" / "requirements.lock"


def peer_python(tools: Path) -> Path:
    """The Python of `tools/peers`, with every package of the lock.

    Raises
    ------
    UserError : a package cannot be installed here.
    """
    folder = tools.absolute() / "peers"
    stamp, wanted = folder / ".made-from", sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != wanted:
        print("Installing Quix Streams and Bytewax into .tools/peers …", flush=True)
        _run(sys.executable, "-m", "venv", "--clear", str(folder))
        options = ("--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes")
        _run(str(folder / "bin" / "pip"), "install", *options, "-r", str(LOCK))
        stamp.write_text(wanted)
    return folder / "bin" / "python"


def _run(*command: str) -> None:
    # pip would take packages on PYTHONPATH for installed ones.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )
    if done.returncode != 0:
        said = (done.stdout + done.stderr).strip().splitlines() or ["it said nothing"]
        raise UserError(
            f"the peers cannot be installed ({said[-1]}): leave them out with --subjects"
            " tidemark,per_record,blackhole",
            exit_code=1,
        )
