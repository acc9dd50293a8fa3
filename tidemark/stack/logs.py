"""Where the logs of a local stack are."""

from pathlib import Path

from tidemark.errors import UserError
from tidemark.stack.flink_cluster import JOB_MANAGER, server_log


def log_of(run: Path, name: str) -> Path:
    """The log of the service `name` in the run folder.

    Raises
    ------
    UserError : no such service has ever run there.
    """
    from_flink = name == JOB_MANAGER or name.startswith("task-manager-")
    log = server_log(run, name) if from_flink else run / "log" / f"{name}.log"
    if not log.exists():
        raise UserError(f"no log of {name} in {run / 'log'}: `tidemark status` lists the services")
    return log
