"""What a peer is told on its command line."""

from argparse import ArgumentParser
from dataclasses import dataclass

from schemas.preferences import PreferenceSchema


@dataclass(frozen=True)
class Arguments:
    """Where to read and write; `events` messages are in the topic; `state` is an empty folder of its own."""

    kafka: str
    redis: str
    topic: str
    events: int
    schema: PreferenceSchema
    state: str

    def words(self) -> list[str]:
        """The command line that `parse` reads."""
        layout = (self.schema.namespace, self.schema.to_json())
        return [self.kafka, self.redis, self.topic, str(self.events), *layout, self.state]

    @property
    def half_lives_ms(self) -> tuple[int, ...]:
        return tuple(horizon.half_life_ms for horizon in self.schema.horizons)


def parse() -> Arguments:
    """The arguments of this process."""
    parser = ArgumentParser()
    for name in ("kafka", "redis", "topic", "events", "namespace", "schema", "state"):
        parser.add_argument(name)
    given = parser.parse_args()
    schema = PreferenceSchema.from_json(given.namespace, given.schema)
    return Arguments(given.kafka, given.redis, given.topic, int(given.events), schema, given.state)
