"""Telling the jobs which layouts a shop chooses among."""

import time
from collections.abc import Sequence

from schemas.avro import encode, load
from schemas.layouts import TOPIC, check_layouts
from tidemark.errors import UserError
from tidemark.replay.delivery import Delivery
from tidemark.topics import Kafka, create_topics


def offer_layouts(kafka: Kafka, shop: str, layouts: Sequence[str], topic: str = "") -> str:
    """Send one decision of a shop, and return the topic's name once Kafka has taken it.

    layouts : 2 to 20 names; none: the shop has nothing to choose any more.
    topic : empty: that of the schema. It is created where it is missing.

    Raises
    ------
    UserError : the shop's id is empty, it cannot choose among these, or Kafka does not take the event.
    """
    if not shop:
        raise UserError("the shop's id is empty: name which shop offers the layouts")
    try:
        check_layouts(layouts)
    except ValueError as error:
        raise UserError(str(error)) from error
    topic = topic or TOPIC
    create_topics(kafka, [topic])
    event = {"shop_id": shop, "layouts": list(layouts), "event_time": round(time.time() * 1000)}
    with Delivery(kafka, topic) as delivery:
        delivery.send(shop.encode(), encode(load("layouts"), event))
        delivery.finish()
    return topic
