"""Where something on a stack is reached, and what it has in Redis: tests and benchmarks alike."""

from abc import ABC, abstractmethod

from flink_jobs.config import RunConfig, VisitorPreferencesConfig
from schemas.preferences import PreferenceSchema
from tidemark.stack.stack import LocalStack


class OnStack(ABC):
    """For a class with a `stack` that is up, and a `namespace` of its own."""

    stack: LocalStack

    @property
    @abstractmethod
    def namespace(self) -> str:
        """First part of its keys in Redis."""

    @property
    def kafka(self) -> str:
        return self.stack.addresses["kafka"]

    @property
    def redis(self) -> str:
        return self.stack.addresses["redis"]

    @property
    def flink(self) -> str:
        return self.stack.addresses["flink"]

    @property
    def schema(self) -> PreferenceSchema:
        return VisitorPreferencesConfig(run=RunConfig(namespace=self.namespace)).redis_schema
