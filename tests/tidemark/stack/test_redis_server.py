from pathlib import Path

import psutil
import redis

from tidemark.stack import redis_server
from tidemark.stack.ports import assign
from tidemark.stack.processes import end, kill, marked


def test_what_was_written_survives_kill_and_restart(tmp_path: Path) -> None:
    port = assign({"redis": 16379}, {})["redis"]
    service = redis_server.service(tmp_path, port)
    try:
        started = service.start()
        service.wait(started)
        with redis.Redis.from_url(service.address) as client:
            client.set("key", "value")
        kill(started)
        service.wait(service.start())
        with redis.Redis.from_url(service.address, decode_responses=True) as client:
            assert client.get("key") == "value"
            assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        # The mark is found although Redis may rewrite what the process list shows of it.
        listening = {
            c.laddr.ip for p in marked(tmp_path) for c in p.net_connections() if c.status == "LISTEN"
        }
        assert listening == {"127.0.0.1"}
    finally:
        end(marked(tmp_path), 5.0)
    assert not any(psutil.pid_exists(p.pid) for p in marked(tmp_path))
