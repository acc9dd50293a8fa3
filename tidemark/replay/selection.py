"""From a source's rows to the events to send: checked, selected, and moved in time."""

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

from schemas.checks import InvalidRecord, check_of
from tidemark.errors import UserError
from tidemark.replay.source import BadRow, Event, Selection, Source


def events(
    source: Source, selection: Selection, stop: Callable[[], bool] = lambda: False
) -> Iterator[Event | BadRow]:
    """The selected events in the source's order, and every bad row met on the way (they use up no limit).

    Ends early once `stop` is true, which is asked before each row, selected or not.
    """
    earliest = -math.inf if selection.from_ms is None else selection.from_ms
    end = math.inf if selection.to_ms is None else selection.to_ms
    left = math.inf if selection.limit is None else selection.limit
    validate = check_of(source.event)
    for line, row in source.rows(selection):
        if stop():
            return
        if isinstance(row, str):
            yield BadRow(source.file, line, row)
            continue
        try:
            event = validate(row)
        except InvalidRecord as error:
            yield BadRow(source.file, line, str(error))
            continue
        if earliest <= event["event_time"] < end:
            yield event
            left -= 1
            if left <= 0:
                return


def last_event_ms(
    source: Source, selection: Selection, stop: Callable[[], bool] = lambda: False
) -> int | None:
    """The greatest event time of the selection, None when it is empty. May read the source to its end."""
    known = source.last_ms(selection)
    if known is not None:
        return known
    rows = events(source, selection, stop)
    return max((row["event_time"] for row in rows if not isinstance(row, BadRow)), default=None)


def epoch_ms(text: str) -> int:
    """Milliseconds of an ISO date (its midnight) or date and time; UTC unless it names an offset.

    Raises
    ------
    UserError : it is neither.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise UserError(f"{text!r} is no date or time: write 2017-03-01 or 2017-03-01T18:30 (UTC)") from error
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return round(aware.timestamp() * 1000)


def select(from_: str | None, to: str | None, limit: int | None) -> Selection:
    """A Selection from what a person typed. Raises UserError: not a time, or nothing can lie between them."""
    selection = Selection(
        None if from_ is None else epoch_ms(from_), None if to is None else epoch_ms(to), limit
    )
    if selection.from_ms is not None and selection.to_ms is not None and selection.from_ms >= selection.to_ms:
        raise UserError(f"--from {from_} is not before --to {to}: nothing lies between them")
    if limit is not None and limit < 1:
        raise UserError(f"--limit {limit}: at least 1 event")
    return selection
