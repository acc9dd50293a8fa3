"""An article's id as 64 bits, the same wherever it is computed: jobs, evaluations, storefronts."""

from functools import lru_cache
from hashlib import blake2b


@lru_cache(maxsize=1 << 16)  # a feed shows the same articles again and again
def article_hash(article_id: str) -> int:
    """BLAKE2b of the UTF-8 text, 8 bytes, big-endian."""
    return int.from_bytes(blake2b(article_id.encode(), digest_size=8).digest())
