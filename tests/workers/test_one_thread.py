"""What the libraries of linear algebra are told."""

import json
import subprocess
import sys

ASKED = """
import numpy, scipy.linalg
from threadpoolctl import threadpool_info
from workers.one_thread import compute_on_one_thread
compute_on_one_thread()
print([library["num_threads"] for library in threadpool_info()])
"""


def test_every_library_computes_on_one_thread() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKED],
        env={"OPENBLAS_NUM_THREADS": "4"},
        capture_output=True,
        text=True,
        check=True,
    )
    threads = json.loads(done.stdout)
    assert threads
    assert set(threads) == {1}
