"""What `VisitBatch` gives of rows, from the definition."""

from collections.abc import Sequence

from operators.segments.visit_rows import HEADER, VISIT

PackedRow = tuple[str, str, str, str, int, bytes]
"""visitor, shop, industry, category, when the broker took it, packed."""


def visit_batch(rows: Sequence[PackedRow]) -> tuple[bytes, bytes, bytes]:
    """heads, texts, entries; of visits of one visitor at one shop in a row the last alone has its vector."""
    heads, texts, entries = [], [], []
    for row, next_row in zip(rows, [*rows[1:], None], strict=True):
        *names, appended_ms, packed = row
        head, vector = packed[: HEADER.itemsize], packed[HEADER.itemsize :]
        if next_row is not None and row[:2] == next_row[:2] and packed[0] == next_row[-1][0] == VISIT:
            head, vector = head[:-2] + bytes(2), b""
        encoded = [name.encode() for name in names]
        lengths = b"".join(len(text).to_bytes(4, "big") for text in encoded)
        heads.append(lengths + appended_ms.to_bytes(8, "big") + head)
        texts += encoded
        entries.append(vector)
    return b"".join(heads), b"".join(texts), b"".join(entries)
