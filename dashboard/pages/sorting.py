"""The order of a table, out of an allow-list: `sort=name` rises, `sort=-name` falls; anything else is the usual order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from django.utils.http import urlencode

Row = TypeVar("Row")


@dataclass(frozen=True, kw_only=True)
class Column(Generic[Row]):
    """A column: `key` is its name in the address, `by` what its rows are compared by (None: it cannot be sorted)."""

    title: str
    key: str = ""
    by: Callable[[Row], Any] | None = None
    css: str = ""
    under: str = ""
    """Title of the column in whose cells this one's value stands too: it sorts the same cells by another of their values."""
    falls: bool = False
    """Whether the most interesting rows are those with the highest values: then the first press shows these."""


@dataclass(frozen=True)
class Head:
    """A column's head: `href` sorts by it, or turns the order round where it is sorted by it already (`aria`)."""

    title: str
    css: str
    href: str
    aria: str
    below: tuple[Head, ...] = ()
    """Heads of what else stands in the same cells; by one of them the column may be sorted."""

    @property
    def sorted_aria(self) -> str:
        """In which direction the cells are sorted, by whichever of their values."""
        return next((head.aria for head in (self, *self.below) if head.aria), "")


@dataclass(frozen=True)
class Order(Generic[Row]):
    """By which of the columns, and in which direction."""

    columns: Sequence[Column[Row]]
    column: Column[Row]
    falls: bool

    def sorted(self, rows: Iterable[Row]) -> list[Row]:
        """The rows in this order; equal ones stay in the order they came in."""
        return sorted(rows, key=self.column.by, reverse=self.falls) if self.column.by else list(rows)

    def heads(self, others: Mapping[str, str]) -> list[Head]:
        """The heads of all columns. `others` are the address's other parameters, which every link keeps."""
        return [self._whole(column, others) for column in self.columns if not column.under]

    def _whole(self, column: Column[Row], others: Mapping[str, str]) -> Head:
        below = (self._head(other, others) for other in self.columns if other.under == column.title)
        return replace(self._head(column, others), below=tuple(below))

    def _head(self, column: Column[Row], others: Mapping[str, str]) -> Head:
        if column.by is None:
            return Head(column.title, column.css, "", "")
        chosen = column is self.column
        falls = not self.falls if chosen else column.falls
        aria = ("descending" if self.falls else "ascending") if chosen else ""
        return Head(column.title, column.css, query({**others, "sort": f"{'-' * falls}{column.key}"}), aria)


def order(columns: Sequence[Column[Row]], asked: str, *, usual: str) -> Order[Row]:
    """What was asked for, else by the column `usual` in its own direction."""
    falls, key = asked.startswith("-"), asked.removeprefix("-")
    by_key = {column.key: column for column in columns if column.by is not None}
    if key in by_key:
        return Order(columns, by_key[key], falls)
    return Order(columns, by_key[usual], by_key[usual].falls)


def query(parameters: Mapping[str, str]) -> str:
    """The parameters that say something, as a link on the same page."""
    return "?" + urlencode({name: value for name, value in parameters.items() if value})
