"""Pipelines to a Redis Cluster: each command to the master that serves its key, wherever that has gone.

https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack, closing
from typing import Any, NamedTuple

from redis.crc import REDIS_CLUSTER_HASH_SLOTS, key_slot
from redis.exceptions import ReadOnlyError, ResponseError

from sink_connectors.redis_server import SENT_AT_ONCE, Command, Pipe, Server

REDIRECTIONS = 5  # that one exchange follows: a slot moves once, and two more are under way
REFRESH_EVERY_S = 1.0

_KEY = {b"FCALL": 3, "FCALL": 3}  # where the key stands; in other commands it is the first argument


class _Routed(NamedTuple):
    server: Server
    place: int  # of the command, and of its answer
    asking: bool  # the slot is on its way to this server, which serves it on request only


class Cluster:
    """The masters of a cluster, found through any of its nodes.

    Which master serves which slot is read anew when one does not answer, or a slot has none. That a slot has
    moved is learnt from the answer which says so, and one that is on its way is followed key by key.
    """

    def __init__(self, seed: Server) -> None:
        self._seed = seed
        self._servers: dict[tuple[str, int], Server] = {}
        self._owners: list[Server | None] = []  # by slot; replaced whole, so threads need no lock
        self._stale, self._refreshed_s = True, float("-inf")
        self._refresh()

    def exchange(self, commands: Sequence[Command]) -> list[Any]:
        """See `RedisConnection.exchange`; every command has a key, by which its master is found."""
        self._refresh_if_due()
        answers: list[Any] = [None] * len(commands)
        routed = self._routed(commands, answers)
        for _ in range(1 + REDIRECTIONS):
            self._send(routed, commands, answers)
            routed = self._redirected(routed, answers)
            if not routed:
                break
        return answers

    def everywhere(self, command: Command) -> list[Any]:
        """One answer a master. A master that has become a replica gets it from its new master."""
        self._refresh_if_due()
        answers = [server.exchange([command])[0] for server in list(self._servers.values())]
        self._note_failures(answers)
        return [answer for answer in answers if not isinstance(answer, ReadOnlyError)]

    def close(self) -> None:
        for server in self._servers.values():
            server.close()

    def _routed(self, commands: Sequence[Command], answers: list[Any]) -> list[_Routed]:
        """The way of each command. One whose slot nobody serves has its error for an answer."""
        owners, routed = self._owners, []
        for place, command in enumerate(commands):
            key = command[_KEY.get(command[0], 1)]  # type: ignore[arg-type]
            slot = key_slot(key if isinstance(key, bytes) else str(key).encode())
            owner = owners[slot]
            if owner is None:
                answers[place] = ResponseError(f"CLUSTERDOWN slot {slot} is served by no node")
            else:
                routed.append(_Routed(owner, place, False))
        return routed

    def _send(self, routed: list[_Routed], commands: Sequence[Command], answers: list[Any]) -> None:
        """To all servers at once, some commands at a time; then all their answers."""
        ways: dict[Server, list[_Routed]] = defaultdict(list)
        for way in routed:
            ways[way.server].append(way)
        with ExitStack() as stack:
            pipes = {server: stack.enter_context(closing(Pipe(server))) for server in ways}
            for start in range(0, max(map(len, ways.values()), default=0), SENT_AT_ONCE):
                for server, pipe in pipes.items():
                    if part := ways[server][start : start + SENT_AT_ONCE]:
                        pipe.send(_asked(part, commands))
            for server, pipe in pipes.items():
                got = iter(pipe.answers())
                for way in ways[server]:
                    if way.asking:
                        next(got)
                    answers[way.place] = next(got)

    def _redirected(self, routed: list[_Routed], answers: list[Any]) -> list[_Routed]:
        """The new way of each command that was sent to the wrong server."""
        again = []
        for way in routed:
            answer = answers[way.place]
            if isinstance(answer, ResponseError) and str(answer).startswith(("MOVED ", "ASK ")):
                kind, slot, place = str(answer).split(" ")
                host, _, port = place.rpartition(":")
                target = self._server(host or way.server.host, int(port))
                if kind == "MOVED":
                    self._owners[int(slot)] = target
                again.append(_Routed(target, way.place, asking=kind == "ASK"))
        self._note_failures(answers)
        return again

    def _note_failures(self, answers: Sequence[Any]) -> None:
        self._stale |= any(
            isinstance(answer, Exception)
            and (not isinstance(answer, ResponseError) or str(answer).startswith("CLUSTERDOWN"))
            for answer in answers
        )

    def _server(self, host: str, port: int) -> Server:
        server = self._servers.get((host, port))
        if server is None:
            server = self._servers.setdefault((host, port), self._seed.beside(host, port))
        return server

    def _refresh_if_due(self) -> None:
        if self._stale and time.monotonic() - self._refreshed_s > REFRESH_EVERY_S:
            self._refresh()

    def _refresh(self) -> None:
        """Read anew which master serves which slot; if nobody answers, it stays as it was.

        Raises
        ------
        redis.exceptions.RedisError : there is no answer, and there never was one.
        """
        self._refreshed_s = time.monotonic()
        # One a call, so that a call takes no longer than a time-out: the one that failed least lately.
        known = min((self._seed, *self._servers.values()), key=lambda server: server.failed_s)
        [answer] = known.exchange([["CLUSTER", "SLOTS"]])
        if isinstance(answer, Exception):
            if not self._owners:
                raise answer
            return
        owners: list[Server | None] = [None] * REDIS_CLUSTER_HASH_SLOTS
        servers = {}
        for first, last, (host, port, *_), *_ in answer:
            place = (host.decode() if host else known.host, port)
            servers[place] = self._server(*place)
            owners[first : last + 1] = [servers[place]] * (last + 1 - first)
        self._owners, self._servers, self._stale = owners, servers, False


def _asked(ways: Sequence[_Routed], commands: Sequence[Command]) -> list[Command]:
    asked: list[Command] = []
    for way in ways:
        if way.asking:
            asked.append(["ASKING"])
        asked.append(commands[way.place])
    return asked
