"""Thousands of rows of one table inserted, changed or deleted by one statement, prepared once: one query whatever their number.

Django's own ways split them by the number of values a statement may hold, a thousand on SQLite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from django.db import connection, models

from dashboard.store.upserts import Field

AS_THEY_ARE = (models.FloatField, models.IntegerField, models.BooleanField, models.ForeignKey)


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
    fields = [_field(rows[0], name) for name in names]
    key = _key(rows[0])
    changed = ", ".join(f"{_quoted(field)} = %s" for field in fields)
    _run(rows, [*fields, key], f"UPDATE {{table}} SET {changed} WHERE {_quoted(key)} = %s")  # noqa: S608  our own columns


def delete(rows: Sequence[models.Model]) -> None:
    """Delete rows that no other row refers to: nothing is cascaded."""
    if rows:
        key = _key(rows[0])
        _run(rows, [key], f"DELETE FROM {{table}} WHERE {_quoted(key)} = %s")  # noqa: S608  our own columns


def _run(rows: Sequence[models.Model], fields: Sequence[Field], statement: str) -> None:
    columns = [(field.attname, _written(field)) for field in fields]
    values = [[written(getattr(row, name)) for name, written in columns] for row in rows]
    with connection.cursor() as cursor:
        cursor.executemany(statement.format(table=connection.ops.quote_name(rows[0]._meta.db_table)), values)


def _written(field: Field) -> Callable[[Any], Any]:
    """How a value of the field goes to the database. Moments repeat in thousands of rows, so each is converted once."""
    if isinstance(field, models.DateTimeField):
        return cache(connection.ops.adapt_datetimefield_value)
    if isinstance(field, models.CharField | models.TextField):
        return _text
    if isinstance(field, AS_THEY_ARE) or field.primary_key:
        return _as_it_is
    return lambda value: field.get_db_prep_save(value, connection)


def _text(value: str | None) -> str | None:
    return None if value is None else str(value)  # of a choice its value


def _as_it_is(value: Any) -> Any:
    return value


def _field(row: models.Model, name: str) -> Field:
    return next(field for field in row._meta.concrete_fields if field.name == name)


def _key(row: models.Model) -> Field:
    return next(field for field in row._meta.concrete_fields if field.primary_key)


def _quoted(field: Field) -> str:
    return connection.ops.quote_name(field.column)
