"""`tidemark evaluate segments`: what segments say about the next purchases of a year of real shoppers."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np

from operators.maths.segments.refit_segments import RefitSettings
from operators.maths.segments.update_segments import SegmentSettings
from tidemark.evaluate.baskets import MID_YEAR, Baskets
from tidemark.evaluate.fixed_labels import by_chance, by_demographics, by_k_means, score_fixed
from tidemark.evaluate.results import Row
from tidemark.evaluate.shops import SEEDS, Outcome, Shops, Span, run
from tidemark.evaluate.shops_in_parts import ShopsInParts
from tidemark.evaluate.visit_stream import VisitStream

DATA = "complete-journey"
SECOND_HALF = Span(MID_YEAR, 365)
SAMPLE = 512

GOALS = {
    "bits_k8": ("≥", 0.098),
    "bits_k8_frozen": ("≥", 0.082),
    "bits_k8_left_out": ("≥", 0.080),
    "weekly_changes": ("≤", 0.015),
    "weekly_changes_worst": ("≤", 0.025),
}

SETTINGS, REFITS = SegmentSettings(), RefitSettings()
EIGHT = replace(REFITS, least=8, most=8)

Tick = Callable[[], object]
Subject = Callable[[Baskets, Tick], list[Row]]


def in_the_stream(
    subject: str,
    segments: SegmentSettings = SETTINGS,
    refits: RefitSettings = EIGHT,
    sample: int = SAMPLE,
    kind: Callable[..., Shops] = Shops,
) -> Subject:
    """Our segments, learned through the year with these settings. kind : of shops."""

    def rows(baskets: Baskets, tick: Tick) -> list[Row]:
        stream = VisitStream(baskets, segments.half_lives.long_ms)
        shops = kind(stream, len(baskets.households), segments, refits, sample)
        return _rows(subject, run(shops, stream, SECOND_HALF, tick))

    return rows


def _rows(subject: str, found: Outcome) -> list[Row]:
    figures = {
        "bits_k8": found.prequential.mean,
        "bits_k8_frozen": found.frozen.mean,
        "bits_k8_left_out": found.prequential.mean_left_out,
        "weekly_changes": found.weekly.mean(axis=0),
        "weekly_changes_worst": found.weekly.max(axis=0),
    }
    return [Row.over(metric, DATA, subject, values) for metric, values in figures.items()]


def with_fixed_labels(subject: str, labels: Callable[[Baskets], np.ndarray]) -> Subject:  # type: ignore[type-arg]
    """A subject that knows each visitor's segment from the start and keeps it."""

    def rows(baskets: Baskets, tick: Tick) -> list[Row]:
        prequential, frozen = score_fixed(
            labels(baskets), baskets, SETTINGS.half_lives.long_ms, SETTINGS.smoothing, SECOND_HALF, tick
        )
        figures = {
            "bits_k8": prequential.mean,
            "bits_k8_frozen": frozen.mean,
            "bits_k8_left_out": prequential.mean_left_out,
        }
        return [Row.over(metric, DATA, subject, values) for metric, values in figures.items()]

    return rows


SUBJECTS: list[Subject] = [
    in_the_stream("tidemark"),
    with_fixed_labels("random labels", lambda b: by_chance(len(b.households), 8, SEEDS)),
    with_fixed_labels("age", lambda b: by_demographics(b, ["age"])),
    with_fixed_labels("income", lambda b: by_demographics(b, ["income"])),
    with_fixed_labels("age × income", lambda b: by_demographics(b, ["age", "income"])),
    with_fixed_labels("k-means (scikit-learn)", lambda b: by_k_means(b, 8, MID_YEAR, SEEDS)),
]

_steady = replace(SETTINGS.hysteresis, settling_margin=SETTINGS.hysteresis.margin)
_free = replace(SETTINGS.hysteresis, margin=0.0, settling_margin=0.0)

WITHOUT: list[Subject] = [
    in_the_stream("without hysteresis", replace(SETTINGS, hysteresis=_free)),
    in_the_stream("the same margin from the start", replace(SETTINGS, hysteresis=_steady)),
    in_the_stream("twice running", replace(SETTINGS, hysteresis=replace(SETTINGS.hysteresis, visits=2))),
    in_the_stream("without merge and split", refits=replace(EIGHT, rounds=0)),
    in_the_stream("with annealing", refits=replace(EIGHT, annealing=replace(EIGHT.annealing, steps=40))),
    in_the_stream("a sample of 128 visitors", sample=128),
    in_the_stream("a sample of all visitors", sample=4096),
    in_the_stream("2 to 12 segments", refits=REFITS),
    in_the_stream("in four parts", kind=partial(ShopsInParts, parts=4)),
    in_the_stream("in four parts, a month behind", kind=partial(ShopsInParts, parts=4, every_days=30)),
]
