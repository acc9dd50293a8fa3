"""Policies of shops in, Redis commands out."""

from collections.abc import Iterable

from schemas.layouts import ABSORBED, AT, ShopPolicy, policy_key
from sink_connectors.redis_functions import function
from sink_connectors.redis_server import Command


def supersede_commands(namespace: str, ttl_s: int, policies: Iterable[ShopPolicy]) -> list[Command]:
    """One command a shop, of its rows the last; it may be sent any number of times and in any order.

    Its answer is 1, or 0 where Redis holds a newer policy.
    """
    latest = {policy.shop: policy for policy in policies}
    commands: list[Command] = []
    for shop, policy in latest.items():
        command: Command = ["FCALL", function("supersede"), 1, policy_key(namespace, shop).encode(), ttl_s]
        command += [AT, ABSORBED]
        for field in policy.fields().items():
            command += field
        commands.append(command)
    return commands
