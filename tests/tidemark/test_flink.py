"""What the project makes of Flink's output, and what it ships."""

import zipfile
from pathlib import Path

from sink_connectors.redis_address import without_password
from tidemark.flink import cause, without_passwords
from tidemark.jobs import shown
from tidemark.modules import archive

PYTHON_FAILURE = """Traceback (most recent call last):
  File "job.py", line 1, in <module>
ValueError: the topic is sour
org.apache.flink.client.program.ProgramAbortException: java.lang.RuntimeException
\tat org.apache.flink.client.python.PythonDriver.main(PythonDriver.java:140)
Caused by: java.lang.RuntimeException: Python process exits with code: 1
\t... 15 more
"""

JAVA_FAILURE = """org.apache.flink.util.FlinkException: Could not stop with a savepoint job "a".
\tat org.apache.flink.client.cli.CliFrontend.stop(CliFrontend.java:1)
Caused by: java.util.concurrent.TimeoutException
Caused by: java.io.IOException: disk full
"""


def test_a_python_error_is_the_cause_and_not_what_java_says_of_it() -> None:
    assert cause(PYTHON_FAILURE) == "ValueError: the topic is sour"


def test_of_javas_causes_the_innermost_counts() -> None:
    assert cause(JAVA_FAILURE) == "java.io.IOException: disk full"


def test_output_without_a_trace_gives_its_last_line() -> None:
    assert cause("one\n\ntwo\n") == "two"
    assert cause("") == "no output"


def test_passwords_are_not_shown_and_words_are_quoted() -> None:
    line = shown(["flink", "run", "a b"], {"TIDEMARK_REDIS": "redis://ann:se:cret@host:1/0", "X": "y z"})
    assert line == "TIDEMARK_REDIS='redis://ann:***@host:1/0' X='y z' flink run 'a b'"
    assert without_password("redis://host:1") == "redis://host:1"


def test_the_archive_holds_what_jobs_import_and_is_made_once(tmp_path: Path) -> None:
    path = archive(tmp_path)
    made = path.stat().st_mtime_ns
    assert archive(tmp_path) == path
    assert path.stat().st_mtime_ns == made
    names = zipfile.ZipFile(path).namelist()
    for name in (
        "flink_jobs/visitor_preferences.py",
        "schemas/behavior.avsc",
        "sink_connectors/tidemark.lua",
    ):
        assert name in names
    assert not [name for name in names if name.startswith(("tidemark/", "tests/"))]


def test_flink_is_started_without_passwords_and_with_all_else() -> None:
    kept = {"TIDEMARK_KAFKA_PASSWORD_FILE": "/a", "PATH": "/bin", "PASSWORD": "theirs"}
    secret = {"TIDEMARK_KAFKA_PASSWORD": "a", "TIDEMARK_REDIS_PASSWORD": "b"}
    assert without_passwords(kept | secret) == kept
