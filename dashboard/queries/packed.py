"""What the database holds of numbers, still packed: rows of readings and of chunks, and the names of their layouts.

The statements are written by hand: to have each made anew takes several times as long as the database needs for it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

from dashboard.models import Chunk, Layout, Reading, Subject

Subjects = Sequence[int] | QuerySet[Subject, Any]
"""Ids, or a query of them, for no database likes a list of twenty thousand."""
Packed = tuple[int, int, int, bytes, int]
"""Subject, layout, first tick, data, and 1 for a chunk, 0 for a reading."""

MOST_LAYOUTS = 512
"""Of so many the names are remembered, by the very text: some 10 kB each where they are many."""


@dataclass(frozen=True)
class Wanted:
    """Some readings, or some chunks."""

    model: type[Reading | Chunk]
    subjects: Subjects
    where: str
    """A condition on the columns of the model, with a %s for each value that is given."""
    given: Sequence[int]

    @property
    def from_where(self) -> tuple[str, list[Any]]:
        """Table and condition. Raises EmptyResultSet where there can be none."""
        which, of = _which(self.subjects)
        return f"{table(self.model)} f WHERE f.subject_id IN ({which}) AND {self.where}", [*of, *self.given]

    @property
    def first_tick(self) -> str:
        return "tick" if self.model is Reading else "begins_at"


def readings(subjects: Subjects, where: str, *given: int) -> Wanted:
    return Wanted(Reading, subjects, where, given)


def chunks(subjects: Subjects, where: str, *given: int) -> Wanted:
    return Wanted(Chunk, subjects, where, given)


def fetched(*wanted: Wanted) -> list[Packed]:
    """In no order. One query; none where of nothing is asked."""
    parts: list[str] = []
    given: list[Any] = []
    for one in wanted:
        try:
            where, values = one.from_where
        except EmptyResultSet:
            continue
        is_chunk = int(one.model is Chunk)
        parts.append(f"SELECT f.subject_id, f.layout_id, f.{one.first_tick}, f.data, {is_chunk} FROM {where}")  # noqa: S608
        given += values
    return rows(" UNION ALL ".join(parts), given) if parts else []


def names_of(layouts: Iterable[int]) -> dict[int, tuple[str, ...]]:
    """Of each layout. One query."""
    which = ", ".join(str(int(pk)) for pk in layouts)
    found = rows(f"SELECT id, names FROM {table(Layout)} WHERE id IN ({which})", [])  # noqa: S608  numbers
    return {pk: decoded(names) for pk, names in found}


@lru_cache(maxsize=MOST_LAYOUTS)
def decoded(names: str) -> tuple[str, ...]:
    """Of a layout, as the database has them: the same are decoded again and again."""
    return tuple(msgspec.json.decode(names))


def rows(statement: str, given: Sequence[Any]) -> list[Any]:
    """All that a statement finds. One query."""
    with connection.cursor() as cursor:
        cursor.execute(statement, given)
        found: list[Any] = cursor.fetchall()
        return found


def table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _which(subjects: Subjects) -> tuple[str, Sequence[Any]]:
    if isinstance(subjects, QuerySet):
        return subjects.values("pk").query.sql_with_params()
    if not len(subjects):
        raise EmptyResultSet
    return ", ".join(str(int(pk)) for pk in subjects), ()
