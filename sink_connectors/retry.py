"""What every sink does when Redis is away: wait, and send the whole pipeline again."""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

import psutil
from redis import exceptions as redis_errors
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential, wait_random

from sink_connectors.redis_connection import RedisConnection
from sink_connectors.redis_errors import certificate_failure, explained
from sink_connectors.redis_server import Command

LONGEST_WAIT_S = 4.0
WARN_EVERY_S = 30.0

_AWAY = (
    redis_errors.ConnectionError,  # BusyLoading among them
    redis_errors.TimeoutError,
    redis_errors.ReadOnlyError,
    redis_errors.OutOfMemoryError,
    redis_errors.ClusterDownError,
    redis_errors.ClusterError,
    redis_errors.TryAgainError,
    redis_errors.MasterDownError,
)
_AWAY_REPLIES = (
    "BUSY",
    "MISCONF",
    "NOREPLICAS",
    "OOM",
    "LOADING",
    "READONLY",
    "MASTERDOWN",
    "CLUSTERDOWN",
    "TRYAGAIN",
    "MOVED ",
    "ASK ",
)
_NEVER = (redis_errors.AuthenticationError, redis_errors.AuthorizationError)
_LOST_FUNCTION = "Function not found"

_log = logging.getLogger(__name__)


class AbandonedError(Exception):
    """The task manager that started this worker is gone: another worker has its rows."""


class RefusedError(Exception):
    """Redis refuses for good; the message says what, where, and what to do."""


class Sender:
    """Sends pipelines until Redis has answered every command of them.

    prepare : called before the first pipeline, and again when Redis lost its functions (it came back empty).
    count_retry : called at each retry.
    """

    def __init__(
        self,
        redis: RedisConnection,
        prepare: Callable[[], None] = lambda: None,
        count_retry: Callable[[], None] = lambda: None,
    ) -> None:
        self._redis, self._prepare, self._count_retry = redis, prepare, count_retry
        self._prepared = False
        self._warned_s = float("-inf")
        self._ancestors = _ancestors()

    def send_until_answered(self, commands: Sequence[Command]) -> list[Any]:
        """The answers, in the order of `commands`; every one of `commands` may be sent more than once.

        Raises
        ------
        RefusedError : wrong password, no permission, a certificate not to be trusted, a mistake.
        AbandonedError : while waiting, the process that started this one went away.
        """
        retrying = Retrying(
            retry=retry_if_exception(is_outage),
            wait=wait_exponential(multiplier=0.05, max=LONGEST_WAIT_S) + wait_random(0, 0.2),
            before_sleep=self._before_sleep,
            reraise=True,
        )
        try:
            answers: list[Any] = retrying(self._send, commands)
        except (redis_errors.RedisError, OSError) as error:
            raise RefusedError(explained(error, self._redis.address)) from error
        return answers

    def _send(self, commands: Sequence[Command]) -> list[Any]:
        if not self._prepared:
            self._prepare()
            self._prepared = True
        answers = self._redis.exchange(commands)
        # One refusal for good must not hide behind one that is worth a retry.
        errors = sorted((a for a in answers if isinstance(a, Exception)), key=is_outage)
        for error in errors:
            raise error
        return answers

    def _before_sleep(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        self._count_retry()
        if _LOST_FUNCTION in str(error):
            self._prepared = False
        if time.monotonic() - self._warned_s > WARN_EVERY_S:
            self._warned_s = time.monotonic()
            _log.warning(
                "Redis does not take the writes, trying on (attempt %d): %s", state.attempt_number, error
            )
        if _ancestors() != self._ancestors:
            raise AbandonedError("the task manager is gone") from error


def is_outage(error: BaseException) -> bool:
    """Whether sending again later can help."""
    if isinstance(error, _NEVER) or certificate_failure(error):
        return False
    if isinstance(error, redis_errors.ResponseError) and not isinstance(error, _AWAY):
        return str(error).startswith(_AWAY_REPLIES) or _LOST_FUNCTION in str(error)
    return isinstance(error, _AWAY)


def _ancestors() -> list[int]:
    return [process.pid for process in psutil.Process().parents()]
