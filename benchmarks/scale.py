"""From what was measured to a Singles' Day: cores, memory, partitions and Redis nodes, assumptions named."""

from dataclasses import dataclass
from math import ceil
from typing import Any

ORDERS_PER_S = 500_000
VISITORS = 400_000_000

BEHAVIORS_PER_ORDER = 45
"""Views, favourites, carts and purchases to one purchase: 96 168 to 2 144 in the Taobao sample."""

BUSY = 0.6
"""Share of a core, a slot or a Redis that is used at the peak: the rest catches up after a restart."""

REDIS_NODE_BYTES = 64e9
REDIS_FILLED = 0.6
"""Of a node's memory; rewriting the append-only file and fragmentation take the rest."""

REPLICAS = 1


@dataclass(frozen=True)
class Measured:
    """Figures of one job on RocksDB, of `latest.json`.

    slot_events_per_s : that one slot took, with as many visitors as were measured.
    cpu_s, redis_cpu_s : a million events; of everything, and of Redis alone.
    flink_bytes, redis_bytes : a visitor.
    """

    slot_events_per_s: float
    cpu_s: float
    redis_cpu_s: float
    flink_bytes: float
    redis_bytes: float

    @classmethod
    def of(cls, found: dict[str, Any], job: str) -> "Measured":
        """Raises LookupError: something of it was not measured."""
        (throughput,) = [
            row
            for row in found["throughput"]
            if (row["job"], row["subject"], row["backend"]) == (job, "tidemark", "rocksdb")
        ] or _missing("throughput")
        stores = {row["store"]: row for row in found["bytes"] if row["job"] == job}
        grown = [row for row in found["growth"] if row["job"] == job] or _missing("growth")
        return cls(
            slot_events_per_s=max(grown, key=lambda row: row["visitors"])["events_per_s"],
            cpu_s=throughput["cpu_s_per_million"],
            redis_cpu_s=throughput["redis_cpu_s_per_million"],
            flink_bytes=stores["flink"]["per_visitor"],
            redis_bytes=stores["redis"]["per_visitor"],
        )


def _missing(part: str) -> Any:
    raise LookupError(f"{part} has not been measured")


@dataclass(frozen=True)
class Needed:
    """What a rate and a number of visitors take."""

    events_per_s: float
    cores: int
    slots: int
    partitions: int
    flink_tb: float
    redis_tb: float
    redis_nodes: int


def needed(measured: Measured, events_per_s: float, visitors: float) -> Needed:
    """Cores and slots by the rate, bytes by the visitors, Redis nodes by whichever asks for more."""
    slots = ceil(events_per_s / (measured.slot_events_per_s * BUSY))
    redis_bytes = visitors * measured.redis_bytes * (1 + REPLICAS)
    by_memory = redis_bytes / (REDIS_NODE_BYTES * REDIS_FILLED)
    by_rate = events_per_s * measured.redis_cpu_s / 1e6 / BUSY * (1 + REPLICAS)
    return Needed(
        events_per_s=events_per_s,
        cores=ceil(events_per_s * measured.cpu_s / 1e6 / BUSY),
        slots=slots,
        partitions=ceil(slots / 60) * 60,  # divided evenly by most numbers of slots that one would try
        flink_tb=visitors * measured.flink_bytes / 1e12,
        redis_tb=redis_bytes / 1e12,
        redis_nodes=ceil(max(by_memory, by_rate)),
    )


def page(found: dict[str, Any], job: str) -> str:
    """`docs/scale.md`. Raises LookupError as `Measured.of`."""
    measured = Measured.of(found, job)
    rows = [
        ("orders alone", needed(measured, ORDERS_PER_S, VISITORS)),
        ("all behaviours", needed(measured, ORDERS_PER_S * BEHAVIORS_PER_ORDER, VISITORS)),
    ]
    lines = "\n".join(
        f"| {what} | {n.events_per_s:,.0f} | {n.cores:,} | {n.slots:,} | {n.partitions:,} | {n.flink_tb:.2f} "
        f"| {n.redis_tb:.2f} | {n.redis_nodes:,} |"
        for what, n in rows
    )
    return TEXT.format(
        job=job,
        orders=ORDERS_PER_S,
        visitors=VISITORS / 1e6,
        behaviors=BEHAVIORS_PER_ORDER,
        slot=measured.slot_events_per_s,
        cpu=measured.cpu_s,
        redis_cpu=measured.redis_cpu_s,
        flink=measured.flink_bytes,
        redis=measured.redis_bytes,
        busy=BUSY,
        node=REDIS_NODE_BYTES / 1e9,
        filled=REDIS_FILLED,
        replicas=REPLICAS,
        lines=lines,
    )


TEXT = """\
# Scale

Made by `make bench` from [benchmarks.md](benchmarks.md); do not edit. What job `{job}` takes at the peak of a
Singles' Day: {orders:,} orders a second, {visitors:.0f} million visitors.

## Measured

| | |
|---|--:|
| events a second of one slot, at the most visitors measured | {slot:,.0f} |
| CPU seconds a million events: task manager, its Python worker, Redis | {cpu:.1f} |
| of these, Redis | {redis_cpu:.1f} |
| bytes of Flink's state a visitor of ten events | {flink:,.0f} |
| bytes of Redis a visitor of ten events | {redis:,.0f} |

## Assumed

- An order is one event; with the views, favourites and carts before it, {behaviors} events (96 168
  behaviours to 2 144 purchases in the Taobao sample). Before midnight people fill carts and at midnight they
  buy, so the second row is more than any moment needs.
- Cores, slots and Redis are {busy:.0%} busy at the peak. What is left catches up: after 30 s of recovery, in
  {busy:.0%} ÷ (1 − {busy:.0%}) × 30 s.
- Cores as those of the measurement; the broker and the network are left out.
- A visitor has ten events within what the horizons remember. State and Redis grow with a visitor's *values*,
  not with events, and Redis trims the weakest.
- A Redis node has {node:.0f} GB, filled to {filled:.0%}, and {replicas} replica; it works on one core.

## Derived

| | events/s | cores | slots | partitions | Flink's state, TB | Redis with replicas, TB | Redis nodes |
|---|--:|--:|--:|--:|--:|--:|--:|
{lines}

- **Cores** = events/s × CPU seconds a million ÷ 10⁶ ÷ {busy}.
- **Slots** = events/s ÷ (one slot's rate × {busy}). A slot is the unit of keyed state and of a Python worker.
  A job has 720 key groups: beyond as many slots, several jobs share the topic's visitors.
- **Partitions** = slots, rounded up to a multiple of 60, so that other numbers of slots divide them evenly.
- **Flink's state** = visitors × bytes a visitor, on local disks; checkpoints take it once more, and what
  changed between two of them.
- **Redis nodes** = the greater of memory (visitors × bytes, and {replicas} replica more, ÷ what a node is
  filled with) and commands (events/s × Redis' CPU seconds a million ÷ 10⁶ ÷ {busy}, replicas doing the same).

## What would change it

- A bundle sends one command a visitor. The more of a visitor's events fall into one bundle, the fewer
  commands: in the measured replay the items of a basket come together.
- A single visitor is one key. What one slot takes is the most that one visitor may send.
- Priors are estimated from a sample of 4 096 visitors, however many there are.
"""
