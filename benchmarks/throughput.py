"""Events a second of the job and of its peers, on the same events; what each left in Redis is checked."""

from collections.abc import Callable, Sequence
from typing import Any

from benchmarks import figures
from benchmarks.place import Place
from benchmarks.preload import events as the_events
from benchmarks.subjects import Run, Subject
from flink_jobs.config import VisitorPreferencesConfig
from tests.oracles.preferences import Visitors, decayed_preferences
from tests.oracles.redis_agrees import differences
from tidemark.errors import UserError

Key = tuple[str, str | None]
Say = Callable[[str], None]


class Throughput:
    """Runs subjects and remembers what each took.

    events, prefix : messages in the topic, and in that of the slow subjects.
    """

    def __init__(self, subjects: Sequence[Subject], events: int, prefix: int, say: Say) -> None:
        self._subjects, self._say = subjects, say
        self._found: dict[Key, list[Run]] = {}
        counts = {prefix if subject.prefix else events for subject in subjects if subject.writes}
        if counts:
            say("computing what Redis must hold …")
        half_lives_ms = VisitorPreferencesConfig().half_lives_ms
        self._expected: dict[int, Visitors] = {
            count: decayed_preferences(the_events(count), half_lives_ms) for count in counts
        }

    def measure(self, place: Place, state: str, runs: int) -> None:
        """Every subject that keeps state there; those without state once only.

        In rounds, so that no noisy minute falls on one subject; the slow ones, in our JVM, come last.

        Raises
        ------
        UserError : a subject failed, or left something wrong in Redis.
        """
        first = not self._found
        chosen = [s for s in self._subjects if state in s.backends or (first and None in s.backends)]
        fast = [subject for subject in chosen if not subject.prefix]
        slow = [subject for subject in chosen if subject.prefix]
        for subject in [*fast * runs, *slow * runs]:
            backend = state if state in subject.backends else None
            self._found.setdefault((subject.name, backend), []).append(self._run(place, subject, backend))

    def rows(self, job: str) -> list[dict[str, Any]]:
        """For `latest.json`."""
        return [figures.throughput(job, name, state, runs) for (name, state), runs in self._found.items()]

    def _run(self, place: Place, subject: Subject, backend: str | None) -> Run:
        run = subject.run(place)
        if subject.writes:
            wrong = differences(place.redis, place.schema, self._expected[run.events])
            if wrong:
                raise UserError(f"{subject.name} left a wrong result in Redis: {wrong}", exit_code=1)
        checked = "; equal to the definition" if subject.writes else ""
        self._say(
            f"{subject.name} ({backend or 'no state'}): {run.events / run.duration_s:,.0f} events/s, "
            f"{run.duration_s:.1f} s with {run.startup_s:.1f} s start-up, "
            f"{run.cpu_s / run.events * 1e6:.1f} CPU s a million{checked}"
        )
        return run
