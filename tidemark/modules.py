"""The project's modules as one archive that `flink run -pyfs` ships to the cluster, and its jar."""

import hashlib
import zipfile
from importlib.util import find_spec
from pathlib import Path

from tidemark.errors import UserError

PACKAGES = ("flink_jobs", "operators", "schemas", "sink_connectors", "state", "workers")
SUFFIXES = (".py", ".avsc", ".lua")


def archive(folder: Path) -> Path:
    """Write the packages that jobs import to `folder/tidemark-HASH.zip`, once for each content."""
    files = sorted((name, file) for package in PACKAGES for name, file in _files(package))
    digest = hashlib.sha256()
    for name, file in files:
        digest.update(name.encode() + b"\0" + file.read_bytes() + b"\0")
    path = folder / f"tidemark-{digest.hexdigest()[:12]}.zip"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_suffix(".part")
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as target:
            for name, file in files:
                target.write(file, name)
        unfinished.rename(path)
    return path.resolve()


def jar() -> Path:
    """The jar built from `jvm/`."""
    path = Path(__file__).parent / "jars" / "tidemark-jvm.jar"
    if not path.exists():
        raise UserError(f"{path} is missing: build it with `make setup`")
    return path


def _files(package: str) -> list[tuple[str, Path]]:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise UserError(f"the package {package} is not installed: reinstall tidemark")
    root = Path(spec.origin).parent
    return [
        (f"{package}/{file.relative_to(root).as_posix()}", file)
        for file in root.rglob("*")
        if file.suffix in SUFFIXES
    ]
