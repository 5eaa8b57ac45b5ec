"""Rows of a model by columns that equal something, for what every request asks first: who asks, of which cluster.

To have Django build such a query takes several times as long as the database needs for it. Here the statement is made once;
each time it is asked anew, so that what was revoked or renamed a moment ago is seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import cache
from typing import Any, TypeVar, cast

from django.db import connection
from django.db.models import Field, ForeignKey, Model
from django.db.models.expressions import Col

M = TypeVar("M", bound=Model)


def found(model: type[M], also: str = "", given: Sequence[Any] = (), **equal: object) -> list[M]:
    """The rows, in no order, whose columns are these: of a foreign key `cluster_id`. One query.

    `also`: one more condition on the table `a`, with a %s for each value given, which is as the database takes it.
    """
    return _objects(model, _rows(model, "", equal, also, given))


def told(
    model: type[Model],
    names: tuple[str, ...],
    also: str = "",
    given: Sequence[Any] = (),
    *,
    opaque: Collection[str] = (),
    **equal: object,
) -> list[tuple[Any, ...]]:
    """The same, of each row these fields alone: where there are many rows, to make objects is most of the cost. One query.

    `opaque`: those of which nobody wants to know more than whether they are the same, or None: they are as the database has
    them.
    """
    fields = tuple(_field(model, name) for name in names)
    return _converted(fields, _rows(model, "", equal, also, given, names), opaque)


def found_with(model: type[M], beside: str, **equal: object) -> list[M]:
    """The same with what the foreign key of that name points at, where it must. One query."""
    width = len(model._meta.concrete_fields)
    rows = _rows(model, beside, equal)
    objects = _objects(model, [row[:width] for row in rows])
    others = _objects(_pointed_at(model, beside), [row[width:] for row in rows])
    for one, other in zip(objects, others, strict=True):
        setattr(one, beside, other)
    return objects


def _rows(
    model: type[Model],
    beside: str,
    equal: dict[str, object],
    also: str = "",
    given: Sequence[Any] = (),
    names: tuple[str, ...] = (),
) -> list[Sequence[Any]]:
    values: list[Any] = [_field(model, name).get_db_prep_value(value, connection) for name, value in equal.items()]
    statement = _statement(model, beside, tuple(equal), names)
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} AND {also}" if also else statement, [*values, *given])
        rows: list[Sequence[Any]] = cursor.fetchall()
        return rows


@cache
def _statement(model: type[Model], beside: str, equal: tuple[str, ...], names: tuple[str, ...]) -> str:
    """Both databases that Day Two runs on quote names in the same way."""
    quoted = connection.ops.quote_name
    fields = [_field(model, name) for name in names] or model._meta.concrete_fields
    told, tables = _columns(fields, "a"), f"{quoted(model._meta.db_table)} a"
    if beside:
        other = _pointed_at(model, beside)
        told += _columns(other._meta.concrete_fields, "b")
        on = f"b.{quoted(other._meta.pk.column)} = a.{quoted(_field(model, beside).column)}"
        tables += f" JOIN {quoted(other._meta.db_table)} b ON {on}"
    where = " AND ".join(f"a.{quoted(_field(model, name).column)} = %s" for name in equal)
    return f"SELECT {', '.join(told)} FROM {tables} WHERE {where}"  # noqa: S608  names of our models


def _columns(fields: Iterable[Field[Any, Any]], table: str) -> list[str]:
    return [f"{table}.{connection.ops.quote_name(field.column)}" for field in fields]


def _objects(model: type[M], rows: Sequence[Sequence[Any]]) -> list[M]:
    """As Django makes them out of what its own query found."""
    fields = tuple(model._meta.concrete_fields)
    names = [field.attname for field in fields]
    return [model.from_db(connection.alias, names, values) for values in _converted(fields, rows)]


def _converted(
    fields: tuple[Field[Any, Any], ...], rows: Sequence[Sequence[Any]], opaque: Collection[str] = ()
) -> list[tuple[Any, ...]]:
    """The rows with each field's values as the model tells them, not the database."""
    columns = list(zip(*rows, strict=True))
    for place, column in _told_otherwise(fields, connection.vendor) if rows else ():
        for convert in () if fields[place].name in opaque else _converters(column):
            columns[place] = tuple(convert(value, column, connection) for value in columns[place])
    return list(zip(*columns, strict=True))


@cache
def _told_otherwise(fields: tuple[Field[Any, Any], ...], vendor: str) -> list[tuple[int, Col]]:
    """The columns whose values a database of this kind tells in another way than the model does."""
    columns = enumerate(field.cached_col for field in fields)
    return [(place, column) for place, column in columns if _converters(column)]


def _converters(column: Col) -> list[Any]:
    """Those of the database, then those of the field. Bound to this connection, so that they are asked for each time."""
    return [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]


def _field(model: type[Model], name: str) -> Field[Any, Any]:
    return cast("Field[Any, Any]", model._meta.get_field(name))


def _pointed_at(model: type[Model], name: str) -> type[Model]:
    return cast("ForeignKey[Any, Any]", model._meta.get_field(name)).remote_field.model
