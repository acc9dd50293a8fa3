"""JSON lines: one object a line with the field names of `schemas/behavior.avsc`."""

import json

from tidemark.replay.lines import LineSource
from tidemark.replay.source import Event, SourceKind

HELP = """Replay a file of JSON lines, one behaviour a line, fields named as in the event schema.

An event looks like this, on one line. brand, price and quantity may be given too; times are in milliseconds.

\b
{"event_id": "1", "visitor_id": "ada",
 "shop_id": "s1", "industry": "fashion",
 "item_id": "i7", "category": "SHOES",
 "behavior": "view",
 "event_time": 1760000000000}

Example: tidemark replay jsonl events.jsonl --speed 60
"""


class JsonLines(LineSource):
    """A file of JSON objects; what the objects hold is checked against the schema later."""

    def parse(self, line: str) -> Event:
        try:
            event = json.loads(line)
        except json.JSONDecodeError as error:
            raise ValueError(f"not JSON: {error.msg} at column {error.colno}") from error
        except RecursionError as error:
            raise ValueError("not an event: nested too deeply") from error
        if not isinstance(event, dict):
            raise ValueError("not a JSON object")
        return event


KIND = SourceKind("jsonl", HELP, needs_file=True, open=JsonLines)
