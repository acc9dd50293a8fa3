"""The end of a bundle of rows in Beam's worker, through which Flink calls Python in a process of its own."""

import sys
import threading
from typing import Any

SAMPLER = "apache_beam.runners.worker.statesampler"


def end_bundles_at_once() -> None:
    """For this process, from now on; outside of Beam's worker nothing happens.

    Beam samples what its worker does, in a thread that sleeps longer and longer, up to a sixth of the
    bundle's time, and waits at each bundle's end until that thread has woken: a bundle lasts a tenth longer
    than its work. Flink reads none of the samples.
    """
    beam = sys.modules.get(SAMPLER)
    if beam is not None and not hasattr(beam.StateSampler, "starts_sampling"):
        _replace(beam)


def _replace(beam: Any) -> None:
    stop_sampling = beam.StateSampler.stop

    def start(sampler: Any) -> None:
        sampler.tracked_thread = threading.current_thread()
        beam.set_current_tracker(sampler)
        sampler.starts_sampling = False
        sampler.started = True

    def stop(sampler: Any) -> None:
        if sampler.starts_sampling:  # before this was called, and its thread is to end
            stop_sampling(sampler)
            return
        beam.set_current_tracker(None)
        sampler.finished = True

    beam.StateSampler.starts_sampling = True
    beam.StateSampler.start, beam.StateSampler.stop = start, stop
