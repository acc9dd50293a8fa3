"""The sink of the job `article_scores`."""

from typing import Any

from sink_connectors.article_commands import ScoreKeys, article_commands
from sink_connectors.redis_sink import VisitorSink


class WriteArticleScores(VisitorSink[ScoreKeys]):
    """Articles, the shared model, readers, rankings, metrics, visitors' latest clicks, erasures -> BIGINT.

    Columns : see `sink_connectors.article_commands.Row`.
    """

    def eval(self, *columns: Any) -> Any:
        rows = zip(*(column.tolist() for column in columns), strict=True)
        answers = self._sender.send_until_answered(article_commands(self._schema, self._tombstones, rows))
        self._refused.inc(sum(answer == -1 for answer in answers))
        return self._written(len(columns[0]))
