"""Which shard of shops a row belongs to; a hot shop's rows go to several, by visitor."""

from collections.abc import Mapping, Sequence
from itertools import count

from pyflink.java_gateway import get_gateway

PartShards = Mapping[str, Sequence[int]]
"""Of each hot shop, the shard of each part."""


def shard_of(shards: int, hot: PartShards) -> str:
    """SQL, INT: of a row with shop_id and visitor_id. A visitor's rows at one shop are all in one shard."""
    whole = f"ABS(MOD(HASH_CODE(shop_id), {shards}))"
    cases = " ".join(f"WHEN {_quoted(shop)} THEN {_by_visitor(parts)}" for shop, parts in hot.items())
    shard = f"CASE shop_id {cases} ELSE {whole} END" if cases else whole
    return f"CAST({shard} AS INT)"


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _by_visitor(shards: Sequence[int]) -> str:
    listed = ", ".join(map(str, shards))
    return f"ARRAY[{listed}][ABS(MOD(HASH_CODE(visitor_id), {len(shards)})) + 1]"


def part_shards(parts: Mapping[str, int], shards: int, key_groups: int) -> PartShards:
    """Shards beyond the `shards` of all other shops, whose key groups are spread evenly: so over any slots.

    parts : shop -> number of its parts. key_groups : of the job, its maximal parallelism.
    """
    free = count(shards)
    return {
        shop: [
            next(shard for shard in free if _key_group(shard, key_groups) * number // key_groups == part)
            for part in range(number)
        ]
        for shop, number in parts.items()
    }


def _key_group(shard: int, key_groups: int) -> int:
    """Where Flink puts the shard, as `micro_batches` keys it."""
    flink = get_gateway().jvm.org.apache.flink
    key = flink.types.Row(1)
    key.setField(0, shard)
    return int(flink.runtime.state.KeyGroupRangeAssignment.assignToKeyGroup(key, key_groups))
