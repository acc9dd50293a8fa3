"""Messages as no tracker should send them, and some that only look so."""

import json
import random
from collections.abc import Iterator
from typing import Any

from tests.raw_messages import EVENTS, NOW_MS

STRANGE = (
    "'; DROP TABLE visitors; --",
    'SELECT * FROM "t" WHERE 1=1 /*',
    "FLUSHALL\r\nDEL *",
    "tm:{visitor}:preferences:1",
    "a}b{c",
    "*?[a-z]\\",
    "$(reboot) `id` | & ; >",
    "‮\u200b\ufeff👗",
    "面膜",
    "x" * 1024,
    "x" * 1025,
    "",
    "\0",
    "\x1b[2J",
    "\x9b2J",
    "a\tb",
    "null",
    "NaN",
    "-1",
)

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 1e308, 10**30, -(2**63), "", "1", "text",
    [], {}, [None], {"a": {}}, [[[]]],
)  # fmt: skip

LITERALS = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    "-0.0",
    "1e-400",
    "9" * 5000,
    "0x10",
    "01",
    "+1",
    "'a'",
    "nul",
)


def mutated(n: int, seed: int = 5) -> Iterator[bytes | None]:
    """Half of them valid, of every type, of a few visitors."""
    dice = random.Random(seed)
    for i in range(n):
        name = dice.choice(sorted(EVENTS))
        event = {"type": name, **EVENTS[name], "event_id": f"e{i}", "event_time": NOW_MS + i}
        if "visitor_id" in event:
            event["visitor_id"] = f"v{dice.randrange(50)}"
        yield _text(event) if dice.random() < 0.5 else _broken(dice, event)


def _broken(dice: random.Random, event: dict[str, Any]) -> bytes | None:
    field, raw = dice.choice(sorted(event)), _text(event)
    at = dice.randrange(len(raw))
    kinds = (
        lambda: None,
        lambda: b"",
        lambda: raw[:at],
        lambda: raw[at:],
        lambda: raw[:at] + bytes([dice.randrange(256)]) + raw[at + 1 :],
        lambda: raw + raw[:at],
        lambda: dice.randbytes(dice.randrange(200)),
        lambda: raw.decode().encode(dice.choice(["utf-16", "utf-32", "utf-8-sig"])),
        lambda: raw.replace(b'"v', "\"é".encode("latin-1")),
        lambda: _text({**event, field: dice.choice(VALUES)}),
        lambda: _text({**event, dice.choice(["visitor_id", "event_id", "shop_id"]): dice.choice(STRANGE)}),
        lambda: _text({k: v for k, v in event.items() if k != field}),
        lambda: raw[:-1] + b',"%s":%s}' % (field.encode(), dice.choice(LITERALS).encode()),
        lambda: raw[:-1] + b',"extra":' + dice.choice(LITERALS).encode() + b"}",
        lambda: raw[:-1] + b',"extra":' + b"[" * 3000 + b"]" * 3000 + b"}",
        lambda: raw[:-1] + b',"%s":1}' % field.encode(),
        lambda: raw[:-1] + b',"extra":"' + b"x" * dice.choice((1000, 100_000, 140_000, 900_000)) + b'"}',
        lambda: _text({**event, "consent": dice.choice([False, True, None, "false", 0])}),
        lambda: b"[" + raw + b"]",
        lambda: b'"' + raw.replace(b'"', b'\\"') + b'"',
        lambda: raw.replace(b'"e', b'"\\ud800e', 1),
    )  # fmt: skip
    return dice.choice(kinds)()


def _text(event: dict[str, Any]) -> bytes:
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "surrogatepass")
