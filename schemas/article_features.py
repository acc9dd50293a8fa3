"""What Redis and the topic `article-features` hold about an article: its key, its bytes."""

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from schemas.avro import Schema, decode, encode, load

SCHEMA: Schema = load("article_features")
TOPIC: Final[str] = SCHEMA.definition["topic"]


@dataclass(frozen=True)
class ArticleFeatures:
    """keywords : with their probabilities, descending. tags : KIND:TAG, likewise within a kind."""

    article_id: str
    version_ms: int
    published_ms: int
    seen: int
    keywords: tuple[tuple[str, float], ...]
    tags: tuple[tuple[str, float], ...]

    def to_bytes(self) -> bytes:
        """Its Avro body."""
        return encode(
            SCHEMA,
            {
                "article_id": self.article_id,
                "version": self.version_ms,
                "published_at": self.published_ms,
                "seen": self.seen,
                "keywords": [keyword for keyword, _ in self.keywords],
                "keyword_scores": [score for _, score in self.keywords],
                "tags": [tag for tag, _ in self.tags],
                "tag_scores": [score for _, score in self.tags],
            },
        )

    @classmethod
    def from_bytes(cls, body: bytes) -> "ArticleFeatures":
        """What `to_bytes` wrote. DecodeError: it is something else."""
        said: dict[str, Any] = decode(SCHEMA, body)
        return cls(
            said["article_id"],
            said["version"],
            said["published_at"],
            said["seen"],
            tuple(zip(said["keywords"], said["keyword_scores"], strict=True)),
            tuple(zip(said["tags"], said["tag_scores"], strict=True)),
        )

    def to_json(self) -> str:
        """Its value in Redis; `at_ms` is what the function `publish` compares."""
        said = asdict(self)
        return json.dumps({"at_ms": said.pop("version_ms"), **said}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str | bytes) -> "ArticleFeatures":
        """What `to_json` wrote. ValueError: it is something else."""
        try:
            said = json.loads(text)
            keywords, tags = (tuple((name, score) for name, score in said[of]) for of in ("keywords", "tags"))
            return cls(said["article_id"], said["at_ms"], said["published_ms"], said["seen"], keywords, tags)
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a description of an article: {error!r}") from error


def features_key(namespace: str, generation: int, article_id: str) -> str:
    """String: JSON of what is said of the article. Its id is part of the hash tag."""
    return f"{namespace}:{{article:{article_id}}}:features:{generation}"
