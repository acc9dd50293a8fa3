"""`latest.json` as a page: a table with ratios, and a picture of bars."""

from collections.abc import Sequence
from html import escape
from typing import Any

Row = dict[str, Any]

LABELS = {
    "tidemark": "Tidemark",
    "per_record": "textbook PyFlink, one call an event",
    "per_record_process": "the same in process mode, PyFlink's default",
    "blackhole": "Flink's Kafka source to `blackhole`",
    "quix": "Quix Streams",
    "bytewax": "Bytewax",
}

WHAT = """\
Made by `make bench`; do not edit. All subjects of a job and backend read the same events from the same broker
in one run on one machine and share its cores with Kafka and Redis, so ratios say more than figures.

- **Events**: Complete Journey purchases (raw Avro, four partitions), each copy of the year with visitors
  and event ids of its own; one message in a hundred is a repeat. The slow textbook job reads a prefix.
- **Rate**: events by seconds from the start of the job or process to its end, after its last write to Redis.
  Starting up counts in it, and is shown beside it, with the rate from then on. It lasts until Redis had the
  first write; for Quix, which writes at its commits, and Bytewax until the first event is read; for
  blackhole until its task runs. Medians over the runs.
- **CPU**: seconds a million events, of the task manager with its Python workers, Redis, and the peer's
  process; the broker is left out.
- **The same work**: deduplicate event ids; for three facets and three horizons the decayed sum of the value
  and that of the facet's total, as log2 S + T/h; write only what is newer, through the same Redis function;
  expire. What each left in Redis was compared with the definition of every value (to 1e-9) before its
  figure counted.
- **`event_gate`** reads the same purchases as JSON: three events in a hundred are followed by a broken
  message. Its rate lasts until the broker had appended the last message to the topics that are written,
  start-up until it had the first. The textbook job has the gate's own decoder, source, sink and rules, with
  one call a message to decode it and one to look at its key's state. Before a figure counted, the report
  over the topics had to add up to what was sent: passed, repeated, broken.
- **In the peers' favour**: Quix keeps no changelog topic and Bytewax no recovery store, while Flink's jobs
  checkpoint, every five seconds on RocksDB and every twenty on the heap; only Tidemark also keeps the sample
  and the priors. Time to live in its state costs Quix a third of its CPU; the job's state expires too.
"""


def ratios(row: Row, rows: Sequence[Row], rate: str = "events_per_s") -> str:
    """Tidemark's rate by this one's, on the same backend where the subject has one."""
    ours = [
        other
        for other in rows
        if (other["subject"], other["job"]) == ("tidemark", row["job"])
        and row["subject"] != "tidemark"
        and row["backend"] in (None, other["backend"])
    ]
    return ", ".join(f"{shown(other[rate] / row[rate])} ({other['backend']})" for other in ours) or "–"


def shown(ratio: float) -> str:
    """Two digits, none after the point from ten on."""
    return f"{ratio:.0f}" if ratio >= 9.95 else f"{ratio:.1f}" if ratio >= 0.995 else f"{ratio:.2f}"


def table(rows: Sequence[Row]) -> str:
    """The table of throughput, in Markdown."""
    head = (
        "| job | subject | state | events | events/s | Tidemark ÷ it | start-up s | events/s once up"
        " | Tidemark ÷ it, once up | CPU s a million | runs, events/s |"
    )
    lines = [head, "|---|---|---|--:|--:|---|--:|--:|---|--:|---|"]
    for row in rows:
        cells = (
            f"`{row['job']}`",
            LABELS[row["subject"]],
            row["backend"] or "–",
            f"{row['events']:,}",
            f"**{row['events_per_s']:,}**",
            ratios(row, rows),
            f"{row['startup_s']:.1f}",
            f"{row['events_per_s_once_up']:,}",
            ratios(row, rows, "events_per_s_once_up"),
            f"{row['cpu_s_per_million']:.1f}",
            ", ".join(f"{rate:,}" for rate in row["runs"]),
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


LATENCY = """\
From the moment when the broker appended an event (its log append time) until Redis had answered the write of
that event's row; every row counts. State on RocksDB, a checkpoint every five seconds, events encoded before
and sent at a steady rate; a minute each, after a quarter of a minute to settle. *Of sustained*: of the
highest rate of the search at which the lag, fitted by a line, grew by less than one second's events in a
minute.
"""

GROWTH = """\
Ten events a visitor, from an empty state, on RocksDB. *Flink bytes* are those of the last checkpoint, event
ids of the day included; *Redis bytes* its memory, by its own count. [scale.md](scale.md) says what follows.
"""


def page(found: dict[str, Any], picture: str) -> str:
    """The page, in Markdown; `picture` is the file of `svg` beside it."""
    machine = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in found["machine"].items())
    commits = "; ".join(
        f"`{job}`: " + ", ".join(f"{part} at `{commit[:12]}`" for part, commit in parts.items())
        for job, parts in found["measured"].items()
    )
    sections = [
        f"# Benchmarks\n\n{WHAT}\nMeasured: {commits}. Machine: {machine}.\n",
        f"## Throughput\n\n![Events a second]({picture})\n\n{table(found['throughput'])}\n",
    ]
    if found["latency"]:
        sections.append(f"## Latency\n\n{LATENCY}\n{columns(found['latency'])}\n")
    if found["growth"]:
        sections.append(f"## Growth\n\n{GROWTH}\n{columns(found['growth'])}\n\n{columns(found['bytes'])}\n")
    return "\n".join(sections)


def columns(rows: Sequence[Row]) -> str:
    """Rows of the same keys as a table, in Markdown; numbers of many digits get commas."""
    names = list(rows[0])
    lines = [
        f"| {' | '.join(name.replace('_', ' ') for name in names)} |",
        f"|{'|'.join('--:' if isinstance(rows[0][name], int | float) else '---' for name in names)}|",
    ]
    for row in rows:
        cells = (f"{row[name]:,}" if isinstance(row[name], int | float) else f"{row[name]}" for name in names)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def svg(rows: Sequence[Row], width: int = 860, bar: int = 26) -> str:
    """Events a second as bars, to one linear scale, under the name of each job."""
    most = max((row["events_per_s"] for row in rows), default=1)
    left, room = 330, width - 330 - 90
    bars: list[str] = []
    y = 10
    for before, row in zip([None, *rows], rows, strict=False):
        if before is None or before["job"] != row["job"]:
            bars.append(f'<text x="{left}" y="{y + 14}" font-weight="bold">{escape(row["job"])}</text>')
            y += bar
        length = max(1, round(row["events_per_s"] / most * room))
        label = LABELS[row["subject"]].replace("`", "") + (f", {row['backend']}" if row["backend"] else "")
        colour = "#0b7285" if row["subject"] == "tidemark" else "#adb5bd"
        middle = y + bar * 2 // 3
        bars += [
            f'<text x="{left - 8}" y="{middle}" text-anchor="end">{escape(label)}</text>',
            f'<rect x="{left}" y="{y}" width="{length}" height="{bar}" fill="{colour}"/>',
            f'<text x="{left + length + 6}" y="{middle}">{row["events_per_s"]:,}</text>',
        ]
        y += bar + 8
    height = y + 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'font-family="sans-serif" font-size="14">\n<rect width="{width}" height="{height}" fill="white"/>\n'
        + "\n".join(bars)
        + "\n</svg>\n"
    )
