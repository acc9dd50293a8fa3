"""Ports on loopback: the usual one where it is free, the next free one where not."""

import socket
from collections.abc import Mapping

LOOPBACK = "127.0.0.1"
# The usual ports. Each task manager has a Prometheus port of its own, counted up from the job manager's.
USUAL = {
    "kafka": 9092,
    "kafka-controller": 9093,
    "redis": 6379,
    "flink": 8081,
    "flink-rpc": 6123,
    "zookeeper": 2181,
    "job-manager-metrics": 9249,
}


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port whose last connections are still winding down counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def listens(port: int) -> bool:
    """Whether a server accepts connections on `port` of loopback."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(2.0)
        return probe.connect_ex((LOOPBACK, port)) == 0


def assign(wanted: Mapping[str, int], kept: Mapping[str, int]) -> dict[str, int]:
    """One free port a name.

    Parameters
    ----------
    wanted : the usual port of each name.
    kept : ports of an earlier run; taken again where they are still free.

    Raises
    ------
    OSError : no free port above a usual one.
    """
    ports: dict[str, int] = {}
    for name, usual in wanted.items():
        candidates = (kept.get(name, usual), *range(usual, 65536))
        free = (port for port in candidates if port not in ports.values() and is_free(port))
        port = next(free, None)
        if port is None:
            raise OSError(f"no free port on {LOOPBACK} from {usual} up for {name}")
        ports[name] = port
    return ports
