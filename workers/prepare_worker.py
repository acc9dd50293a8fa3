"""What a process that computes for Flink is set to before it does."""

from workers.bundle_ends import end_bundles_at_once
from workers.one_thread import compute_on_one_thread


def prepare_worker() -> None:
    """A Python function calls it when it opens; again changes nothing."""
    compute_on_one_thread()
    end_bundles_at_once()
