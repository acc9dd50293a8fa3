"""One source for all parts of a job that read a topic."""

from pyflink.table import StreamTableEnvironment, Table
from pyflink.util.java_utils import load_java_class


def read_once(tables: StreamTableEnvironment, table: Table) -> Table:
    """The same rows, read and decoded once, however many parts of the job take them.

    What becomes a DataStream is planned for itself, so each such part would have a source of its own. Rows
    stay as the planner has them: nothing is converted.
    """
    rows = tables.sql_query(f"SELECT * FROM {table}")._j_table  # metadata is a column like any other
    planned = load_java_class("org.apache.flink.table.data.RowData")
    columns = rows.getResolvedSchema().toPhysicalRowDataType().bridgedTo(planned)
    return Table(tables._j_tenv.fromDataStream(tables._j_tenv.toDataStream(rows, columns)), tables)
