from collections import Counter
from itertools import islice

from benchmarks.gate import BROKEN, messages
from benchmarks.preload import REPEAT_EVERY
from operators.gate.decode_messages import MessageDecoder, MessageLimits
from schemas.event_types import DEAD_LETTER
from tests.oracles.admit_events import Key, verdict


def test_each_message_is_what_it_is_called_and_none_is_suspect() -> None:
    decoder, keys = MessageDecoder(MessageLimits(131_072, None, None)), dict[str, Key]()
    called = Counter[str]()
    for kind, _, raw in islice(messages(), 20_000):
        of = decoder.outcome(raw, 0)
        if of.topic == DEAD_LETTER or of.key is None:
            assert kind == "broken"
        else:
            key = keys.setdefault(of.key, Key())
            said = verdict(key, of.topic, of.event_id, of.minute, of.unit, per_minute=60)
            assert said == {"event": None, "repeat": "duplicate"}[kind]
        called[kind] += 1
    assert abs(called["broken"] / called["event"] - BROKEN) < 0.005
    assert abs(called["repeat"] / called["event"] - 1 / REPEAT_EVERY) < 0.001
