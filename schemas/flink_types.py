"""Flink's view of the schemas: DDL columns and row types, generated from the `.avsc`.

The one file of `schemas/` that may import PyFlink, and it does so only when a type is asked for: the import
takes seconds, and `columns` does not need it.
"""

from typing import Any

from schemas.avro import Schema

_SQL_TYPES = {
    "boolean": "BOOLEAN",
    "double": "DOUBLE",
    "int": "INT",
    "long": "BIGINT",  # timestamp-millis too: epoch milliseconds as BIGINT are the same bytes and cheaper
    "string": "STRING",
}


def columns(schema: Schema) -> str:
    """The columns of a table in schema order, for `CREATE TABLE t (…)`.

    Raw Avro is positional, so the order and the nullability must be the schema's.

    Raises
    ------
    ValueError : a field's type has no Flink column here (records, enums, unions other than `["null", T]`).
    """
    return ",\n".join(
        f"`{name}` {sql}" if nullable else f"`{name}` {sql} NOT NULL"
        for name, sql, nullable in _columns(schema)
    )


def row_type(schema: Schema) -> Any:
    """The `DataTypes.ROW` of the Table API: same names, order and nullability as `columns`."""
    from pyflink.table.types import DataTypes

    return DataTypes.ROW(
        [DataTypes.FIELD(name, getattr(DataTypes, sql)(nullable)) for name, sql, nullable in _columns(schema)]
    )


def row_type_info(schema: Schema) -> Any:
    """The `Types.ROW_NAMED` of the DataStream API, which has no notion of NOT NULL."""
    from pyflink.common.typeinfo import Types

    names, sql_types, _ = zip(*_columns(schema), strict=True)
    infos = [getattr(Types, "LONG" if sql == "BIGINT" else sql)() for sql in sql_types]
    return Types.ROW_NAMED(list(names), infos)


def _columns(schema: Schema) -> list[tuple[str, str, bool]]:
    return [(field["name"], *_sql_type(schema, field)) for field in schema.fields]


def _sql_type(schema: Schema, field: dict[str, Any]) -> tuple[str, bool]:
    """SQL type and nullability of one field."""
    of = field["type"]
    nullable = isinstance(of, list)
    if nullable:
        if len(of) != 2 or of[0] != "null":
            raise ValueError(
                f'{schema.name}.{field["name"]}: Flink reads unions only as ["null", T], not {of}'
            )
        of = of[1]
    name = of["type"] if isinstance(of, dict) else of
    if name not in _SQL_TYPES:
        raise ValueError(f"{schema.name}.{field['name']}: Avro type {name!r} has no Flink column here")
    return _SQL_TYPES[name], nullable
