from pathlib import Path

from tidemark.stack import zookeeper
from tidemark.stack.ports import assign
from tidemark.stack.processes import end, kill, marked


def test_it_answers_on_loopback_only_and_comes_back_after_a_kill(tmp_path: Path) -> None:
    port = assign({"zookeeper": 12181}, {})["zookeeper"]
    (tmp_path / "tmp").mkdir()
    service = zookeeper.service(tmp_path, port)
    try:
        for _ in range(2):
            started = service.start()
            service.wait(started)
            (process,) = marked(tmp_path)
            listening = {c.laddr.ip.removeprefix("::ffff:") for c in process.net_connections()}
            assert listening == {"127.0.0.1"}
            kill(started)
            assert not zookeeper.answers(port)
    finally:
        end(marked(tmp_path), 5.0)


def test_what_is_forgotten_is_gone(tmp_path: Path) -> None:
    zookeeper.prepare(tmp_path / "zookeeper", 12181)
    zookeeper.metadata(tmp_path).mkdir()
    zookeeper.forget(tmp_path)
    assert list(tmp_path.iterdir()) == []
    zookeeper.forget(tmp_path)
