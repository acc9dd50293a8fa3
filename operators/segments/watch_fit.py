"""Whether a shop's visitors stop fitting its segments: the alarm of drift."""

from dataclasses import dataclass, replace

import numpy as np

from operators.maths.adwin import cut
from state.segment_fit import SegmentFit


@dataclass(frozen=True)
class DriftSettings:
    """visits : whose mean is one value. window : values kept. delta : of a false alarm at one look."""

    visits: int = 64
    window: int = 256
    delta: float = 0.002


def watch_fit(
    fit: SegmentFit, visits: int, nats: float, counts: float, at_ms: int, settings: DriftSettings
) -> tuple[SegmentFit, bool]:
    """Add visits, what their counts say for their segments; whether the fit has fallen for good.

    A better fit cuts the window too, without alarm: a refit may have brought it.
    """
    total = replace(fit, visits=fit.visits + visits, nats=fit.nats + nats, counts=fit.counts + counts)
    if total.visits < settings.visits or total.counts <= 0:
        return total, False
    newest = np.float32(total.nats / total.counts)
    window = np.append(total.window, newest)[-settings.window :]
    spread = float(np.ptp(window)) or 1.0  # fits differ by tenths of a nat
    dropped, change = cut(window.astype(np.float64) / spread, settings.delta)
    has_drifted = change < 0
    after = SegmentFit(window[dropped:], at_ms if has_drifted else total.drifted_ms)
    return after, has_drifted
