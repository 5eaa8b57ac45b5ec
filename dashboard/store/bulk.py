"""Thousands of rows of one table inserted, changed or deleted by one statement, prepared once: one query whatever their number.

Django's own ways split them by the number of values a statement may hold, a thousand on SQLite.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection, models

from dashboard.store.upserts import Field, fields_of, key_of, set_values, values_of


def insert(rows: Sequence[models.Model]) -> None:
    """Insert rows of one model. Their keys stay None: who needs them reads them again."""
    if not rows:
        return
    fields = [field for field in rows[0]._meta.concrete_fields if not field.primary_key]
    columns = ", ".join(_quoted(field) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    _run(rows, fields, f"INSERT INTO {{table}} ({columns}) VALUES ({marks})")  # noqa: S608  our own columns


def update(rows: Sequence[models.Model], names: Sequence[str]) -> None:
    """Write these fields of rows that exist."""
    if not rows:
        return
    fields, key = fields_of(type(rows[0]), names), key_of(type(rows[0]))
    set_values(type(rows[0]), fields, values_of(rows, [*fields, key]))


def delete(rows: Sequence[models.Model]) -> None:
    """Delete rows that no other row refers to: nothing is cascaded."""
    if rows:
        key = key_of(type(rows[0]))
        _run(rows, [key], f"DELETE FROM {{table}} WHERE {_quoted(key)} = %s")  # noqa: S608  our own columns


def _run(rows: Sequence[models.Model], fields: Sequence[Field], statement: str) -> None:
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(rows[0]._meta.db_table)
        cursor.executemany(statement.format(table=table), values_of(rows, fields))


def _quoted(field: Field) -> str:
    return connection.ops.quote_name(field.column)
