"""What Redis holds in the tests of clients: one visitor, a prior of one facet."""

import math
from typing import Any

import numpy as np

from schemas.preference_choices import FacetChoices
from schemas.preference_priors import FacetPrior
from schemas.preferences import Horizon, PreferenceSchema, pack

AT_MS = 1_700_000_000_000
LIVE_MS, LONG_MS = 1_800_000, 7_776_000_000
SCHEMA = PreferenceSchema(
    namespace="tm",
    generation=1,
    horizons=(Horizon("live", LIVE_MS), Horizon("long", LONG_MS)),
    facets=(("category", "c"), ("brand", "b")),
    ttl_s=100,
)
PRIOR = FacetPrior(
    at_ms=AT_MS,
    visitors=9,
    values=[b"milk", b"soap", b"tea"],
    alpha=np.array([[6.0, 6.0], [3.0, 3.0], [0.5, 1.0]]),
    beta=np.array([[10.0, 10.0], [10.0, 10.0], [10.0, 20.0]]),
    median_beta=np.array([10.0, 10.0]),
)


def kept(weight: float) -> bytes:
    """The weight as of AT_MS, at both horizons."""
    return pack(*(math.log2(weight) + AT_MS / h for h in (LIVE_MS, LONG_MS)))


def fill(redis: Any) -> None:
    redis.set(SCHEMA.config_key, SCHEMA.to_json())
    redis.hset(SCHEMA.prior_key("category"), mapping=PRIOR.fields())
    redis.hset(
        SCHEMA.visitor_key("ann"),
        mapping={
            "!at": str(AT_MS),
            "c": kept(10),
            "c:tea": kept(6),
            "c:soap": kept(3),
            "c:new:é": kept(1),
            "cc:no": b"",
        },
    )


def learn(redis: Any) -> None:
    """Of choices: who chose a value does not choose it again."""
    shared = np.zeros(19)
    shared[8] = -9.0  # of having chosen it ever
    learned = FacetChoices(
        at_ms=AT_MS,
        learned=5,
        values=[b"milk", b"soap", b"tea"],
        shares=np.array([0.6, 0.3, 0.1]),
        weights=np.tile(shared, (3, 1)),
        shared=shared,
        rest=0.1,
        smoothing=20.0,
    )
    redis.hset(SCHEMA.choices_key("category"), mapping=learned.fields())
