"""Jobs over a `tidemark down` and `up`, and over a crash."""

from collections.abc import Callable
from pathlib import Path

from tidemark import flink
from tidemark.stack.record import Record


def stop_jobs(record: Record, run: Path, say: Callable[[str], None]) -> None:
    """With a savepoint each, so that the next `up` resumes them."""
    address = record.addresses["flink"]
    if any(job.is_running for job in flink.list_jobs(address)):
        from tidemark import jobs

        say("stopping the running jobs with a savepoint …")
        jobs.stop_all(address, run)


def resume_jobs(record: Record, run: Path, say: Callable[[str], None]) -> None:
    """Those that `stop_jobs` stopped, and those that died with their job manager and have not recovered."""
    if any((run / "jobs").glob("*")):
        from tidemark import jobs

        jobs.resume_all(record.addresses["flink"], run, say)
