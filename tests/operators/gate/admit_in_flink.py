"""Run the job's own admission over the rows of `FOLDER/decoded.json`, in a Flink inside this process.

A process of its own, since PyFlink's imports warn and its gateway leaves pipes open.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

PER_MINUTE = 5


def main(folder: Path) -> None:
    """Write `verdicts.json`: source and verdict of each row, in order of arrival."""
    from pyflink.table import DataTypes

    from operators.gate.admit_events import admit_events
    from tests.operators.preferences.fold_in_flink import environment

    tables = environment(timedelta(days=1))
    text, number = DataTypes.STRING(), DataTypes.BIGINT()
    types = {"key": text, "topic": text, "event_id": text, "minute": number, "unit": text, "value": text}
    types |= {"reason": text, "source": text, "arrived_s": number, "attempt": text}
    row = DataTypes.ROW([DataTypes.FIELD(name, of) for name, of in types.items()])
    rows = [
        (key, topic, event_id, minute, unit, "", None, str(i), 0, "0")
        for i, (key, topic, event_id, minute, unit) in enumerate(
            json.loads((folder / "decoded.json").read_text())
        )
    ]
    admitted = admit_events(tables, tables.from_elements(rows, row), PER_MINUTE)
    with admitted.execute().collect() as found:
        verdicts = [(row[4], row[7]) for row in map(tuple, found)]
    (folder / "verdicts.json").write_text(json.dumps(verdicts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
