"""Events a second of a job and of its peers, on the same events; what each left behind is checked."""

from collections.abc import Sequence
from typing import Any

from benchmarks import figures
from benchmarks.place import Place
from benchmarks.subjects import Run, Subject
from benchmarks.work import Say, Work
from tidemark.errors import UserError

Key = tuple[str, str | None]


class Throughput:
    """Runs subjects and remembers what each took."""

    def __init__(self, work: Work, subjects: Sequence[Subject], say: Say) -> None:
        self._work, self._subjects, self._say = work, subjects, say
        self._found: dict[Key, list[Run]] = {}

    def measure(self, place: Place, state: str, runs: int) -> None:
        """Every subject that keeps state there; those without state once only.

        In rounds, so that no noisy minute falls on one subject; the slow ones, in our JVM, come last.

        Raises
        ------
        UserError : a subject failed, or left something wrong behind.
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
        wrong = subject.writes and self._work.wrong(place, subject, run.events)
        if wrong:
            raise UserError(f"{subject.name} left a wrong result: {wrong}", exit_code=1)
        checked = f"; equal to {self._work.compared_with}" if subject.writes else ""
        self._say(
            f"{subject.name} ({backend or 'no state'}): {run.events / run.duration_s:,.0f} events/s, "
            f"{run.duration_s:.1f} s with {run.startup_s:.1f} s start-up, "
            f"{run.cpu_s / run.events * 1e6:.1f} CPU s a million{checked}"
        )
        return run
