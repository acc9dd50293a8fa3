"""A running job onto more or fewer task slots, with everything it remembers."""

from collections.abc import Callable
from pathlib import Path

from tidemark import flink as cluster
from tidemark.errors import UserError
from tidemark.jobs import JobRecord, resume, stop
from tidemark.settings import stack_addresses


def rescale(flink: str, run: Path, name: str, parallelism: int, say: Callable[[str], None]) -> str:
    """Stop the job with a savepoint and resume it from there on `parallelism` slots; returns its new id.

    Raises
    ------
    UserError : it does not run, or has too few slots; the job goes on as it was.
    """
    if cluster.running_job(flink, name) is not None:
        check_slots(flink, run, parallelism, own=JobRecord.load(run, name).parallelism)
    stop(flink, run, name)
    return resume(flink, run, name, None, say, parallelism)


def check_slots(flink: str, run: Path, wanted: int, own: int) -> None:
    """Raise a UserError where the local stack has too few slots; `own` are those that the job gives back.

    Only there: clusters on Kubernetes or YARN find slots once a job asks for them.
    """
    if flink != stack_addresses(run).get("flink"):
        return
    free = int(cluster.get(flink, "/overview")["slots-available"]) + own
    if wanted > free:
        raise UserError(
            f"--parallelism {wanted}: {free} of the local stack's task slots are free for it; "
            f"`tidemark up --task-managers {wanted}` starts more"
        )
