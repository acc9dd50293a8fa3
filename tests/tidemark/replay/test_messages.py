import json
from pathlib import Path

import pytest

from operators.gate.decode_messages import MessageDecoder, MessageLimits
from schemas.event_types import CLEAN, DEAD_LETTER
from tests.schemas.golden import BEHAVIORS_V1
from tidemark.errors import UserError
from tidemark.replay.complete_journey import CompleteJourney
from tidemark.replay.jsonl import JsonLines
from tidemark.replay.messages import Json

SOURCE = JsonLines(Path(__file__))
GATE = MessageDecoder(MessageLimits(131_072, None, None))


def messages(form: Json, n: int) -> list[bytes]:
    return [raw for i in range(n) for raw in form.of(SOURCE, BEHAVIORS_V1[i % len(BEHAVIORS_V1)])]


def test_what_is_sent_passes_the_gate() -> None:
    outcomes = [GATE.outcome(raw, 0) for raw in messages(Json(), 4)]
    assert [of.topic for of in outcomes] == ["behaviors"] * 4
    assert [of.unit for of in outcomes] == [None] * 4


def test_purchases_of_complete_journey_name_their_basket() -> None:
    event = {**BEHAVIORS_V1[0], "event_id": "31198570044-1034176"}
    (raw,) = Json().of(CompleteJourney(), event)
    assert json.loads(raw)["basket_id"] == "31198570044"


def test_broken_messages_come_beside_the_events_and_none_of_them_passes() -> None:
    sent = messages(Json(broken=0.5, seed=3), 1000)
    topics = [GATE.outcome(raw, 0).topic for raw in sent]
    assert sum(topic in CLEAN for topic in topics) == 1000
    assert topics.count(DEAD_LETTER) == len(sent) - 1000
    assert 400 < len(sent) - 1000 < 600
    assert sent == messages(Json(broken=0.5, seed=3), 1000)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_is_from_0_to_1(share: float) -> None:
    with pytest.raises(UserError, match="a share from 0 to 1"):
        Json(broken=share)
