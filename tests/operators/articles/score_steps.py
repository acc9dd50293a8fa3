"""The three steps of the job `article_scores` in Python, one after another, without Flink."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flink_jobs.article_scores_config import ArticleScoresConfig
from operators.articles.article_news import ARTICLE, METRICS
from operators.articles.list_log import ListLog
from operators.articles.place_readers import PlaceReaders
from operators.articles.score_clicks import ScoreSettings
from operators.articles.update_click_models import UpdateClickModels
from operators.articles.update_shared_model import UpdateSharedModel
from operators.maths.articles.reader_dimensions import ReaderSettings
from tests.operators.keyed_state import Entries, Values


class Counter:
    """Of a metric."""

    def __init__(self) -> None:
        self.count = 0

    def inc(self, n: int = 1) -> None:
        self.count += n


@dataclass
class Runtime:
    """What Flink gives an operator of one key."""

    states: dict[str, Any] = field(default_factory=dict)
    counters: dict[str, Counter] = field(default_factory=dict)

    def get_state(self, descriptor: Any) -> Any:
        return self.states.setdefault(descriptor.name, Values())

    def get_map_state(self, descriptor: Any) -> Any:
        return self.states.setdefault(descriptor.name, Entries())

    def get_metrics_group(self) -> "Runtime":
        return self

    def counter(self, name: str) -> Counter:
        return self.counters.setdefault(name, Counter())


class Timers:
    """A context whose clock stands still; timers are fired by hand."""

    def timer_service(self) -> "Timers":
        return self

    def current_processing_time(self) -> int:
        return 0

    def register_processing_time_timer(self, timestamp: int) -> None:
        pass


TIMERS = Timers()
RETENTION_MS = 7 * 86_400_000


class ScoreSteps:
    """Micro-batches of lists in, news for Redis out."""

    def __init__(
        self, settings: ScoreSettings, readers: ReaderSettings, shards: int = 4, window_ms: int = 300_000
    ) -> None:
        self.settings = settings
        self._readers = PlaceReaders(readers, settings.articles, shards, window_ms, RETENTION_MS, ListLog())
        self._articles = [UpdateClickModels(settings.articles, RETENTION_MS) for _ in range(shards)]
        self._shared = UpdateSharedModel(settings, rank_every_ms=1000, retention_ms=RETENTION_MS)
        self.runtimes = {name: Runtime() for name in ("readers", "shared", *map(str, range(shards)))}
        self._readers.open(self.runtimes["readers"])
        self._shared.open(self.runtimes["shared"])
        for shard, articles in enumerate(self._articles):
            articles.open(self.runtimes[str(shard)])

    def process(self, batch: Any) -> Iterator[Any]:
        """A row of `micro_batches`: (shard, one list a column of `gather_lists.COLUMNS`)."""
        for message in list(self._readers.process_element(batch, None)):
            for statistics in self._articles[message[0]].process_element(message, TIMERS):
                yield from self._shared.process_element(statistics, TIMERS)

    def process_mixed(self, first: Any, second: Any) -> Iterator[Any]:
        """Two batches; the last shards are done with the second before others are with the first."""
        told = [list(self._readers.process_element(batch, None)) for batch in (first, second)]
        shards = sorted({message[0] for messages in told for message in messages}, reverse=True)
        for shard in shards:
            for message in (message for messages in told for message in messages if message[0] == shard):
                for statistics in self._articles[shard].process_element(message, TIMERS):
                    yield from self._shared.process_element(statistics, TIMERS)

    def rank(self) -> Iterator[Any]:
        """What the timer says."""
        yield from self._shared.on_timer(0, TIMERS)

    def articles(self) -> dict[str, bytes]:
        """All that is kept of each article."""
        found: dict[str, bytes] = {}
        for shard in range(len(self._articles)):
            states = self.runtimes[str(shard)].states
            found |= dict(states["articles"].items()) | dict(states["memories"].items())
        return found


@dataclass
class Told:
    """What Redis holds in the end. packed : of articles. metrics : JSON. batches : how many there were."""

    packed: dict[str, bytes] = field(default_factory=dict)
    metrics: str = ""
    batches: int = 0


def done_again(log: Path) -> Told:
    """The batches that a job logged, in the steps of its default configuration."""
    config, told = ArticleScoresConfig(), Told()
    steps = ScoreSteps(config.scores, config.readers, config.shards, config.window_ms)
    for line in log.read_text().splitlines():
        told.batches += 1
        *columns, contents = json.loads(line)
        for row in steps.process((0, *columns, columns[-1], list(map(bytes.fromhex, contents)))):
            kind, name, _, _, packed, text = row
            if kind == ARTICLE:
                told.packed[name] = packed
            elif kind == METRICS:
                told.metrics = text
    return told
