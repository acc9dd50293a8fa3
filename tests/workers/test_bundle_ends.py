"""Beam's sampler, as it is and as it is set: no bundle waits for it."""

import json
import subprocess
import sys
from typing import Any

BUNDLES = """
import json, threading, time
from apache_beam.runners.worker import statesampler
from apache_beam.utils.counters import CounterFactory
from workers.bundle_ends import end_bundles_at_once

def bundle(sampler, inside=lambda: None):
    sampler.start()
    inside()
    threads = threading.active_count()
    of = statesampler.get_current_tracker() is sampler
    sampler.stop_if_still_running()
    after = statesampler.get_current_tracker() is None
    state = sampler.get_info().state_name.name
    said = [threads, threading.active_count(), of, after, sampler.finished, state]
    sampler.reset()
    return said

before, during = (statesampler.StateSampler(name, CounterFactory()) for name in "ab")
print(json.dumps([
    bundle(before),
    bundle(during, end_bundles_at_once),
    *([end_bundles_at_once(), bundle(sampler)][1] for sampler in (before, during)),
]))
"""

OUTSIDE = """
import sys
from workers.bundle_ends import SAMPLER, end_bundles_at_once
end_bundles_at_once()
print(SAMPLER in sys.modules)
"""


def bundles() -> list[Any]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BUNDLES], capture_output=True, text=True, check=True
    )
    said: list[Any] = json.loads(done.stdout)
    return said


def test_a_bundle_starts_no_thread_to_wait_for_at_its_end() -> None:
    sampled, begun_before, *others = bundles()
    assert sampled == begun_before == [2, 1, True, True, True, "unknown"]
    assert others == [[1, 1, True, True, True, "unknown"]] * 2


def test_outside_of_beams_worker_nothing_is_loaded() -> None:
    done = subprocess.run([sys.executable, "-c", OUTSIDE], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
