"""Linear algebra on one thread: Flink's slots are what runs side by side."""

from threadpoolctl import threadpool_limits


def compute_on_one_thread() -> None:
    """For this process, from now on.

    BLAS starts a thread a core, and those of matrices as small as ours wait for each other, busily: several
    times the CPU for no time won.
    """
    threadpool_limits(limits=1)
