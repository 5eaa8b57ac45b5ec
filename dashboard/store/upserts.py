"""Many rows of a table inserted or brought up to date at once: what `bulk_create` does, at a fifth of its cost.

The statement is prepared once and runs for each row, so that the price is that of the values, not of SQL text built for them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain
from operator import attrgetter
from typing import Any, TypeAlias

from django.db import connection, models

Field: TypeAlias = "models.Field[Any, Any]"
Values: TypeAlias = Sequence[Any]

AS_THEY_ARE = (models.FloatField, models.IntegerField, models.BooleanField, models.BinaryField, models.ForeignKey)
TEXTS = (models.CharField, models.TextField)
MOST_VALUES = 800
"""In one statement for several rows: SQLite is built for 999 at least."""


def upsert(rows: Iterable[models.Model], *, unique: Sequence[str], update: Sequence[str]) -> None:
    """Insert the rows, all of one model; where the `unique` fields are taken, set the `update` fields there instead.

    The rows' own keys are left as they are: one that was new must be read again to know it.
    """
    rows = list(rows)
    if not rows:
        return
    fields = [field for field in rows[0]._meta.concrete_fields if not field.primary_key]
    _run(type(rows[0]), fields, values_of(rows, fields), unique, update)


def upsert_values(
    model: type[models.Model],
    names: Sequence[str],
    rows: Iterable[Values],
    *,
    unique: Sequence[str],
    update: Sequence[str],
) -> None:
    """The same of rows that are only values, in the order of the fields' `names`: where they are many thousands.

    A foreign key's value is its id. Every other one is what its column holds: nothing but times and maps is converted.
    """
    fields = fields_of(model, names)
    values = written(rows, fields)
    if values:
        _run(model, fields, values, unique, update)


def update_values(model: type[models.Model], names: Sequence[str], rows: Iterable[Values]) -> None:
    """Set the fields' `names` of rows that exist: their values in this order, then the row's key. Half the cost of finding
    the rows by what is unique of them. Nothing is asked where there are none."""
    fields, key = fields_of(model, names), key_of(model)
    set_values(model, fields, written(rows, [*fields, key]))


def set_values(model: type[models.Model], fields: Sequence[Field], values: Sequence[Values]) -> None:
    """The same of values as the database takes them: those of the fields, then the row's key, each key once.

    PostgreSQL takes them all as one statement, column by column: its round trips and plans cost more than the rows.
    """
    if not values:
        return
    quote, key = connection.ops.quote_name, key_of(model)
    table, named = quote(model._meta.db_table), quote(key.column)
    if connection.vendor != "postgresql":
        changed = ", ".join(f"{quote(field.column)} = %s" for field in fields)
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {table} SET {changed} WHERE {named} = %s", values)  # noqa: S608  our table
        return
    every = [*fields, key]
    changed = ", ".join(f"{quote(field.column)} = new.{quote(field.column)}" for field in fields)
    names = ", ".join(quote(field.column) for field in every)
    # Without its length: a cast to that would cut a text where a plain write refuses it.
    types = [field.cast_db_type(connection) for field in every]  # type: ignore[attr-defined]  # not in the stubs
    arrays = ", ".join(f"%s::{kind}[]" for kind in types)
    columns = [_alike(field, column) for field, column in zip(every, zip(*values, strict=True), strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {changed} FROM unnest({arrays}) AS new ({names}) "  # noqa: S608  our table
            f"WHERE {table}.{named} = new.{named}",
            columns,
        )


def _alike(field: Field, column: Iterable[Any]) -> list[Any]:
    """The values of one column, none a whole number where others are not: an array holds one type."""
    if isinstance(field, models.FloatField):
        return [None if value is None else float(value) for value in column]
    return list(column)


def fields_of(model: type[models.Model], names: Sequence[str]) -> list[Field]:
    known = {field.name: field for field in model._meta.concrete_fields}
    return [known[name] for name in names]


def key_of(model: type[models.Model]) -> Field:
    return next(field for field in model._meta.concrete_fields if field.primary_key)


def values_of(rows: Sequence[models.Model], fields: Sequence[Field]) -> list[list[Any]]:
    """The fields' values of each row as they go to the database."""
    told = attrgetter(*(field.attname for field in fields))
    # Of one field attrgetter gives the value, of several a tuple of them.
    every = map(told, rows) if len(fields) > 1 else ((told(row),) for row in rows)
    # Of a choice its value.
    texts = [place for place, field in enumerate(fields) if isinstance(field, TEXTS)]
    values = written(every, fields)
    for row in values:
        for place in texts:
            if type(row[place]) is not str and row[place] is not None:
                row[place] = str(row[place])
    return values


def written(rows: Iterable[Values], fields: Sequence[Field]) -> list[list[Any]]:
    """Rows of values in the fields' order, and what may follow them, with times, maps and the like as the database takes them."""
    converted = [(place, how) for place, field in enumerate(fields) if (how := _written(field)) is not None]
    values = [list(row) for row in rows]
    for row in values:
        for place, how in converted:
            row[place] = how(row[place])
    return values


def _written(field: Field) -> Callable[[Any], Any] | None:
    """How a value of the field goes to the database; None where it goes as it is.

    Moments repeat in thousands of rows, and so do maps with nothing in them: each is converted once.
    """
    if isinstance(field, models.DateTimeField):
        return cache(connection.ops.adapt_datetimefield_value)
    if isinstance(field, (*AS_THEY_ARE, *TEXTS)) or field.primary_key:
        return None
    nothing = field.get_db_prep_save({}, connection) if isinstance(field, models.JSONField) else None
    return lambda value: nothing if value == {} else field.get_db_prep_save(value, connection)


def _run(
    model: type[models.Model],
    fields: Sequence[Field],
    values: Sequence[Values],
    unique: Sequence[str],
    update: Sequence[str],
) -> None:
    quote = connection.ops.quote_name
    columns = {field.name: quote(field.column) for field in fields}
    taken = ", ".join(columns[name] for name in unique)
    changed = ", ".join(f"{columns[name]} = excluded.{columns[name]}" for name in update)
    insert_many(
        f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(columns.values())})",
        values,
        f"ON CONFLICT ({taken}) DO UPDATE SET {changed}",
    )


def insert_many(into: str, rows: Sequence[Values], on_conflict: str) -> None:
    """Insert rows, all of one width. One query; of one key that comes twice the last stays.

    SQLite keeps a journal of each statement that may have to be undone half-way, as one that looks for a conflict among rows
    that refer to others: for a row at a time that is most of its cost. PostgreSQL takes no key twice in one statement.
    """
    width = len(rows[0])
    at_once = 1 if connection.vendor == "postgresql" else max(1, MOST_VALUES // width)
    statements = -(-len(rows) // at_once)
    at_once = -(-len(rows) // statements)
    # The last row again where the statements, all of one length, have room for more: it replaces itself.
    filled = [*rows, *([rows[-1]] * (statements * at_once - len(rows)))]
    marks = ", ".join([f"({', '.join(['%s'] * width)})"] * at_once)
    with connection.cursor() as cursor:
        cursor.executemany(
            f"{into} VALUES {marks} {on_conflict}",
            [list(chain.from_iterable(filled[first : first + at_once])) for first in range(0, len(filled), at_once)],
        )
