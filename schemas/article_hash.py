"""An article's id as 64 bits, the same wherever it is computed: jobs, evaluations, storefronts."""

from hashlib import blake2b


def article_hash(article_id: str) -> int:
    """BLAKE2b of the UTF-8 text, 8 bytes, big-endian."""
    return int.from_bytes(blake2b(article_id.encode(), digest_size=8).digest())
