"""Run `VisitBatch` over the rows in `FOLDER/rows.json`, in a Flink inside this process.

A process of its own, since PyFlink's imports warn and its gateway leaves pipes open.
"""

import json
import sys
from pathlib import Path

from operators.segments.visit_rows import TEXTS
from tests.operators.preferences.fold_in_flink import YEARS, environment


def main(folder: Path) -> None:
    """Write `batch.json`: heads, texts and entries of all rows, in hexadecimal.

    Without a window the aggregate goes through its state at each row.
    """
    from pyflink.table import DataTypes

    tables = environment(YEARS, {"state.backend.type": "rocksdb"})
    fields = [DataTypes.FIELD(name, DataTypes.STRING()) for name in TEXTS]
    fields += [
        DataTypes.FIELD("appended_ms", DataTypes.BIGINT(False)),
        DataTypes.FIELD("packed", DataTypes.BYTES()),
    ]
    rows = json.loads((folder / "rows.json").read_text())
    elements = [(*row[:5], bytearray.fromhex(row[5])) for row in rows]
    tables.create_temporary_view("rows_of", tables.from_elements(elements, DataTypes.ROW(fields)))
    tables.execute_sql("CREATE TEMPORARY FUNCTION visit_batch AS 'io.tidemark.VisitBatch'")
    batch = tables.sql_query(f"""SELECT batch.heads, batch.texts, batch.entries FROM (
        SELECT visit_batch({", ".join(TEXTS)}, appended_ms, packed) AS batch FROM rows_of)""")
    with batch.execute().collect() as changes:
        *_, last = changes
    (folder / "batch.json").write_text(json.dumps([bytes(part).hex() for part in last]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
