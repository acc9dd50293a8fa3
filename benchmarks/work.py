"""What the subjects of a job do: the messages that they read, and what must come of these."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from functools import cache

from benchmarks import preload
from benchmarks.place import PREFIX_TOPIC, TOPIC, Place
from benchmarks.subjects import SUBJECTS, Subject
from flink_jobs.config import VisitorPreferencesConfig
from tests.oracles.preferences import Visitors, decayed_preferences
from tests.oracles.redis_agrees import differences

Say = Callable[[str], None]


class Work(ABC):
    """One job's.

    subjects : by name.
    compared_with : what each result was found equal to.
    """

    subjects: Mapping[str, Subject]
    compared_with: str

    @abstractmethod
    def preload(self, place: Place, say: Say) -> None:
        """Fill the topic, and that of the slow subjects."""

    @abstractmethod
    def wrong(self, place: Place, subject: Subject, messages: int) -> str:
        """What is wrong with what a subject wrote for so many messages; empty: nothing."""


class Preferences(Work):
    """`visitor_preferences`: behaviours, and what each visitor prefers in Redis."""

    subjects = SUBJECTS
    compared_with = "the definition"

    def preload(self, place: Place, say: Say) -> None:
        preload.preload(place.kafka, TOPIC, PREFIX_TOPIC, place.events, place.prefix, say)

    def wrong(self, place: Place, subject: Subject, messages: int) -> str:  # noqa: ARG002
        found = differences(place.redis, place.schema, _expected(messages))
        return f"in Redis: {found}" if found else ""


@cache
def _expected(messages: int) -> Visitors:
    return decayed_preferences(preload.events(messages), VisitorPreferencesConfig().half_lives_ms)
