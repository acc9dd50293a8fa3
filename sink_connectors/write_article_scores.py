"""The sink of the job `article_scores`."""

from typing import Any

from sink_connectors.redis_address import RedisAddress
from sink_connectors.redis_sink import VisitorSink


class WriteArticleScores(VisitorSink):
    """Articles, the shared model, readers, metrics, visitors' latest clicks and erasures -> BIGINT.

    Columns : see `sink_connectors.article_commands.Row`. ttl_s : seconds after it was written for which
    anything is kept.
    """

    def __init__(
        self,
        address: RedisAddress,
        namespace: str,
        generation: int,
        ttl_s: int,
        erasure_key_file: str = "",
    ) -> None:
        super().__init__(address, namespace, erasure_key_file)
        self._generation, self._ttl_s = generation, ttl_s

    def eval(self, *columns: Any) -> Any:
        from sink_connectors.article_commands import article_commands

        rows = zip(*(column.tolist() for column in columns), strict=True)
        commands = article_commands(self._namespace, self._generation, self._ttl_s, self._tombstones, rows)
        answers = self._sender.send_until_answered(commands)
        self._refused.inc(sum(answer == -1 for answer in answers))
        return self._written(len(columns[0]))
