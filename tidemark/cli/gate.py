"""`tidemark gate-report`, `tidemark dead-letters`: what became of every message, and work with rejects."""

import json
from dataclasses import asdict
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tidemark.cli.progress import bars
from tidemark.settings import Settings

if TYPE_CHECKING:
    from tidemark.gate.dead_letters import DeadLetters
    from tidemark.gate.report import GateReport

Kafka = Annotated[
    str, typer.Option(help="Bootstrap servers, host:port. Default: TIDEMARK_KAFKA or the local stack.")
]
Prefix = Annotated[
    str, typer.Option(help="Before the names of the topics, as the gate's topic_prefix. Default: none.")
]
AsJson = Annotated[bool, typer.Option("--json", help="For programs, not for people.")]

SHOWN_BYTES = 300


def add_to(app: typer.Typer) -> None:
    app.command(name="gate-report")(gate_report)
    app.command(name="dead-letters")(dead_letters)


def gate_report(prefix: Prefix = "", as_json: AsJson = False, kafka: Kafka = "") -> None:
    """Is every raw message accounted for? Counts distinct source positions from the topics.

    \b
    tidemark gate-report
    tidemark gate-report --json

    Ends with exit code 1 when the gate has read messages that have no outcome.
    """
    from tidemark.gate.report import gate_report as report_of

    with bars() as bar:
        report = report_of(Settings().kafka_access(kafka), prefix, lambda part: bar("reading topics", part))
    if as_json:
        print(json.dumps({**asdict(report), "adds_up": report.adds_up}, indent=2))
    else:
        print_report(report)
    if not report.adds_up:
        raise typer.Exit(1)


def dead_letters(
    reason: Annotated[
        str, typer.Option(help="Only reasons like this; * stands for anything: 'behavior.price:*'.")
    ] = "*",
    examples: Annotated[int, typer.Option(min=0, help="Messages to show of each reason.")] = 1,
    resend: Annotated[
        bool, typer.Option("--resend", help="Send those that match through the gate again.")
    ] = False,
    prefix: Prefix = "",
    as_json: AsJson = False,
    kafka: Kafka = "",
) -> None:
    """List why messages were refused, with examples; send them again once the cause is mended.

    \b
    tidemark dead-letters
    tidemark dead-letters --reason 'behavior.price:*' --examples 5
    tidemark dead-letters --reason 'behavior.price: not a number' --resend

    What was sent again is not sent a second time, unless it was refused again.
    """
    from tidemark.gate.dead_letters import find_dead_letters
    from tidemark.gate.dead_letters import resend as send_again

    address = Settings().kafka_access(kafka)

    def matches(text: str) -> bool:
        return fnmatchcase(text, reason)

    with bars() as bar:
        if resend:
            sent = send_again(address, prefix, matches, lambda part: bar("sending again", part))
        else:
            found = find_dead_letters(address, prefix, matches, examples, lambda part: bar("reading", part))
    if resend:
        Console().print(f"{sent:,} dead letters sent again.")
    elif as_json:
        print(json.dumps(_as_json(found), indent=2))
    else:
        print_letters(found)


def escaped(message: bytes, at_most: int = SHOWN_BYTES) -> str:
    """Bytes as a terminal may show them: nothing in them can move the cursor or change a colour."""
    shown = message[:at_most].decode(errors="backslashreplace")
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in shown)
    left = len(message) - at_most
    return text if left <= 0 else f"{text} … {left:,} bytes more"


def print_report(report: "GateReport") -> None:
    table = Table("", "messages", title="events.raw, by what became of each message", title_justify="left")
    table.columns[1].justify = "right"
    for topic, count in report.passed.items():
        table.add_row(f"passed to {topic}", f"{count:,}")
    table.add_row("dead letters", f"{report.dead_letters:,}")
    table.add_row("suspects", f"{report.suspects:,}")
    for cause, count in report.withheld.items():
        table.add_row(f"withheld: {cause}", f"{count:,}")
    if report.waiting:
        table.add_row("not read by the gate yet", f"{report.waiting:,}")
    console = Console(highlight=False)
    console.print(table)
    passed, withheld = sum(report.passed.values()), sum(report.withheld.values())
    console.print(
        f"in {report.came_in:,} = passed {passed:,} + dead letters {report.dead_letters:,} + "
        f"suspects {report.suspects:,} + withheld {withheld:,}"
        + (f" + waiting {report.waiting:,}" if report.waiting else "")
        + (f" + missing {report.missing_count:,}" if report.missing_count else ""),
        soft_wrap=True,
    )
    for number, what in (
        (report.repeats, "repeats of a position that had an outcome"),
        (report.untraced, "messages of trusted producers in the clean topics"),
        (report.strays, "outcomes of messages that events.raw does not hold any more"),
    ):
        if number:
            console.print(f"Besides: {number:,} {what}.", style="dim")
    if report.missing:
        places = ", ".join(report.missing)
        console.print(
            f"Read and without an outcome (partition:offset): {places}", style="red", soft_wrap=True
        )


def print_letters(found: "DeadLetters") -> None:
    console = Console(highlight=False)
    if not found.open:
        console.print(f"No dead letter waits; {found.sent_again:,} were sent again.")
        return
    table = Table("reason", "messages", title="dead letters that wait", title_justify="left")
    table.columns[1].justify = "right"
    for reason, count in found.open.most_common():
        table.add_row(escape(escaped(reason.encode())), f"{count:,}")
    console.print(table)
    for reason, letters in found.examples.items():
        for letter in letters:
            title = escaped(f"{letter.source.decode()} {reason}".encode())
            console.print(title, style="dim", markup=False, soft_wrap=True)
            console.print(f"  {escaped(letter.message)}", markup=False, soft_wrap=True)


def _as_json(found: "DeadLetters") -> dict[str, object]:
    return {
        "open": dict(found.open.most_common()),
        "sent_again": found.sent_again,
        "examples": {
            reason: [
                {"source": of.source.decode(), "attempt": of.attempt, "message": escaped(of.message)}
                for of in letters
            ]
            for reason, letters in found.examples.items()
        },
    }
