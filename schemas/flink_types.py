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

    def data_type(of: Any, nullable: bool) -> Any:
        if isinstance(of, str):
            return getattr(DataTypes, _SQL_TYPES[of])(nullable)
        if of["type"] == "array":
            return DataTypes.ARRAY(data_type(of["items"], False), nullable)
        if of["type"] == "map":
            key = DataTypes.STRING(False)
            return DataTypes.MAP(key, data_type(of["values"], False), nullable)
        return data_type(of["type"], nullable)

    fields = [(field["name"], *_unwrapped(schema, field)) for field in schema.fields]
    return DataTypes.ROW([DataTypes.FIELD(name, data_type(of, nullable)) for name, of, nullable in fields])


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
    of, nullable = _unwrapped(schema, field)
    return _sql(f"{schema.name}.{field['name']}", of), nullable


def _unwrapped(schema: Schema, field: dict[str, Any]) -> tuple[Any, bool]:
    """The Avro type without its union with null, and whether there was one."""
    of = field["type"]
    if not isinstance(of, list):
        return of, False
    if len(of) != 2 or of[0] != "null":
        raise ValueError(f'{schema.name}.{field["name"]}: Flink reads unions only as ["null", T], not {of}')
    return of[1], True


def _sql(place: str, of: Any) -> str:
    name = of["type"] if isinstance(of, dict) else of
    if name == "array":
        return f"ARRAY<{_sql(place, of['items'])} NOT NULL>"
    if name == "map":
        return f"MAP<STRING NOT NULL, {_sql(place, of['values'])} NOT NULL>"
    if name not in _SQL_TYPES:
        raise ValueError(f"{place}: Avro type {name!r} has no Flink column here")
    return _SQL_TYPES[name]
