import json
import os
from pathlib import Path

import psutil
import pytest

from tidemark.errors import UserError
from tidemark.settings import stack_addresses
from tidemark.stack.processes import Started
from tidemark.stack.record import FILE, Record, locked

OURSELVES = Started(os.getpid(), psutil.Process().create_time())


def test_a_record_reads_back_as_it_was_saved(tmp_path: Path) -> None:
    record = Record(
        addresses={"kafka": "127.0.0.1:9092"},
        prometheus=["127.0.0.1:9249"],
        ports={"kafka": 9092},
        processes={"kafka": OURSELVES},
        settings={"state": "heap", "task_managers": 2},
    )
    record.save(tmp_path)
    assert Record.load(tmp_path) == record
    assert stack_addresses(tmp_path) == record.addresses


def test_where_no_stack_was_started_the_record_is_empty(tmp_path: Path) -> None:
    assert Record.load(tmp_path) == Record()


def test_after_a_reboot_another_process_may_have_the_pid_and_is_not_taken_for_ours() -> None:
    before = Started(OURSELVES.pid, OURSELVES.create_time - 86_400)
    record = Record(processes={"kafka": before, "redis": OURSELVES})
    assert record.alive() == {"redis"}


@pytest.mark.parametrize("content", ["", "[]", "{}", json.dumps({"processes": {}, "colour": "red"})])
def test_a_file_that_is_not_a_record_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content)
    with pytest.raises(UserError, match=FILE):
        Record.load(tmp_path)


def test_a_lock_that_is_free_keeps_nobody_waiting(tmp_path: Path) -> None:
    said: list[str] = []
    for _ in range(2):
        with locked(tmp_path / "lock", lambda: said.append("waiting")):
            pass
    assert said == []
