"""A private, real Redis Cluster of three masters on free ports."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.redis_server import RedisServer, free_port
from tests.secured_redis import Certificates

SLOTS = 16384
NODES = 3


class RedisClusterServers:
    """Three masters, a third of the slots each. With `certificates` they speak TLS, too."""

    def __init__(self, folder: Path, certificates: Certificates | None = None) -> None:
        self.nodes = []
        self.tls_port = free_port()  # of the first node
        for index in range(NODES):
            port = free_port() if index else self.tls_port
            tls = (*certificates.options(port), "--tls-cluster", "yes") if certificates else ()
            self.nodes.append(_node(folder / str(index), *tls))

    @property
    def url(self) -> str:
        return self.nodes[0].url

    def start(self) -> None:
        for node in self.nodes:
            node.start()
        for index, node in enumerate(self.nodes):
            with node.client() as client:
                client.execute_command("CLUSTER", "ADDSLOTSRANGE", *_bounds(index))
                client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", index + 1)
        with self.nodes[0].client() as first:
            for node in self.nodes[1:]:
                first.execute_command("CLUSTER", "MEET", "127.0.0.1", node.port, _bus(node))
        self.await_ok()
        self._await_agreement()

    def stop(self) -> None:
        for node in self.nodes:
            node.stop()

    def await_ok(self, within_s: float = 20) -> None:
        """Wait until every node says that all is well."""
        _await(
            lambda: all(self._is_ok(node) for node in self.nodes), "the cluster does not come up", within_s
        )

    def empty(self) -> None:
        """No key, no function; every slot where it was at the start."""
        for node in self.nodes:
            with node.client() as client:
                client.flushall()
                client.function_flush()
                client.config_resetstat()

    def keys(self) -> list[bytes]:
        found: list[bytes] = []
        for node in self.nodes:
            with node.client() as client:
                found += client.scan_iter(count=10_000)
        return found

    def serving(self, slot: int) -> RedisServer:
        with self.nodes[0].client() as client:
            for first, last, (_, port, *_), *_ in client.execute_command("CLUSTER SLOTS", NEVER_DECODE=[]):
                if first <= slot <= last:
                    return next(node for node in self.nodes if node.port == port)
        raise LookupError(f"slot {slot} is served by no node")

    def move(self, slot: int, target: RedisServer) -> None:
        """All of a slot to another node, as `redis-cli --cluster reshard` does it."""
        source = self.serving(slot)
        if source is not target:
            with self.moving(slot, source, target) as step:
                while step(100):
                    pass

    @contextmanager
    def moving(self, slot: int, source: RedisServer, target: RedisServer) -> Iterator[Any]:
        """A slot on its way. The block gets `step(n)`: send n keys on, answer how many that were."""
        with source.client() as old, target.client() as new:
            ids = [str(client.execute_command("CLUSTER", "MYID"), "ascii") for client in (old, new)]
            new.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", ids[0])
            old.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", ids[1])

            def step(count: int) -> int:
                keys: Sequence[bytes] = old.execute_command("CLUSTER", "GETKEYSINSLOT", slot, count)
                if keys:
                    old.execute_command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *keys)
                return len(keys)

            yield step
            while step(1000):
                pass
            # The new one first, or both might refuse the slot; then all, so that `serving` is right.
            for node in (target, source, *(n for n in self.nodes if n not in (source, target))):
                with node.client() as client:
                    client.execute_command("CLUSTER", "SETSLOT", slot, "NODE", ids[1])
        self._await_agreement()

    def _await_agreement(self) -> None:
        """Until all know of the move: two moves of one epoch leave a slot that each node says another has."""
        deadline = time.monotonic() + 20
        while len({self._view(node) for node in self.nodes}) > 1:
            assert time.monotonic() < deadline, "the nodes do not agree on who serves what"
            time.sleep(0.005)

    def _view(self, node: RedisServer) -> str:
        """The epoch, and who serves which slots, as the node sees them."""
        with node.client() as client:
            epoch = client.execute_command("CLUSTER INFO")["cluster_current_epoch"]
            nodes = client.execute_command("CLUSTER NODES")
        served = sorted((n["node_id"], n["epoch"], n["slots"]) for n in nodes.values())
        return f"{epoch} {served}"

    def _is_ok(self, node: RedisServer) -> bool:
        with node.client() as client:
            info = client.execute_command("CLUSTER INFO")
            nodes = client.execute_command("CLUSTER NODES")
        return (
            info["cluster_state"] == "ok"
            and info["cluster_slots_ok"] == str(SLOTS)
            and sum(bool(n["slots"]) for n in nodes.values()) == NODES
        )


def replica_of(folder: Path, cluster: RedisClusterServers, master: RedisServer) -> RedisServer:
    """A started replica that has what its master has."""
    replica = _node(folder)
    replica.start()
    with replica.client() as new, master.client() as old:
        new.execute_command("CLUSTER", "MEET", "127.0.0.1", master.port, _bus(master))
        replica_id, master_id = (
            str(client.execute_command("CLUSTER", "MYID"), "ascii") for client in (new, old)
        )
        nodes = (*cluster.nodes, replica)
        _await(lambda: all(_known(node) >= len(nodes) for node in nodes), "the nodes do not meet")
        new.execute_command("CLUSTER", "REPLICATE", master_id)
        _await(
            lambda: new.info("replication").get("master_link_status") == "up", "the replica does not follow"
        )
    # Those who vote must know whose replica it is; after the death of its master nobody tells them for sure.
    _await(
        lambda: all(_master_of(replica_id, node) == master_id for node in nodes),
        "the nodes do not know the replica",
    )
    return replica


def _known(node: RedisServer) -> int:
    """How many nodes it knows and is linked to, itself included; those of an unfinished handshake are not."""
    with node.client() as client:
        nodes = client.execute_command("CLUSTER NODES").values()
    return sum(n["connected"] and "handshake" not in n["flags"] for n in nodes)


def _master_of(replica_id: str, node: RedisServer) -> str | None:
    with node.client() as client:
        nodes = client.execute_command("CLUSTER NODES").values()
    return next((str(n["master_id"]) for n in nodes if n["node_id"] == replica_id), None)


def _await(done: Callable[[], bool], complaint: str, within_s: float = 20) -> None:
    deadline = time.monotonic() + within_s
    while not done():
        assert time.monotonic() < deadline, complaint
        time.sleep(0.05)


def _node(folder: Path, *options: str) -> RedisServer:
    folder.mkdir()
    own = ("--cluster-enabled", "yes", "--cluster-port", str(free_port()))
    # A dead master is noticed after this, and its cluster refuses the slots that it served.
    more = ["--cluster-node-timeout", "1000", "--appendonly", "yes", "--appendfsync", "always"]
    # A replica never gives up to be elected: on a slow machine the first votes can come too late.
    more += ["--cluster-replica-validity-factor", "0"]
    return RedisServer(folder, *own, *more, "--repl-diskless-sync-delay", "0", *options)


def _bounds(index: int) -> tuple[int, int]:
    return index * SLOTS // NODES, (index + 1) * SLOTS // NODES - 1


def _bus(node: RedisServer) -> int:
    return int(node.options[node.options.index("--cluster-port") + 1])
