"""Some columns of the readings of all subjects of a kind at once, for what is asked of twenty thousand of them.

The database joins the bytes of all readings of a tick to one value: a row for each would cost more to hand over than all
that is done with it. Only readings, no chunks: what is asked here is of the last minutes, and hours become chunks much later.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from dashboard import codec
from dashboard.models import Cluster, Layout, Reading, Subject
from dashboard.queries import packed

Values = NDArray[np.float64]
Whole = NDArray[np.int64]
WIDTH = codec.FLOAT64.itemsize
WIDE_GAP = 8
JOINED = {
    # SQLite joins any bytes as they are, and calls them text.
    "sqlite": ("group_concat({})", "CAST(group_concat({}, '') AS blob)"),
    "postgresql": ("string_agg({}::text, ',')", "string_agg({}, ''::bytea)"),
}
"""By database: numbers with commas between them, and bytes; all in the order of the same rows."""


@dataclass(frozen=True)
class Columns:
    """A row for each reading, in the order of tick and subject."""

    subjects: Whole
    ticks: Whole
    matrix: Values
    """A column for each name that was asked for; NaN where nothing was measured."""

    @property
    def size_bytes(self) -> int:
        return self.subjects.nbytes + self.ticks.nbytes + self.matrix.nbytes

    def where(self, chosen: NDArray[np.bool_] | Whole | slice) -> Columns:
        return Columns(self.subjects[chosen], self.ticks[chosen], self.matrix[chosen])


def joined(earlier: Columns, later: Columns) -> Columns:
    """Of the same names, one time after the other."""
    return Columns(
        np.concatenate([earlier.subjects, later.subjects]),
        np.concatenate([earlier.ticks, later.ticks]),
        np.concatenate([earlier.matrix, later.matrix]),
    )


def layouts_with(names: Sequence[str]) -> dict[int, tuple[str, ...]]:
    """The layouts that hold any of these, whatever they are of. One query."""
    wanted, table = set(names), connection.ops.quote_name(Layout._meta.db_table)
    every = ((layout, packed.decoded(held)) for layout, held in packed.rows(f"SELECT id, names FROM {table}", []))  # noqa: S608
    return {layout: held for layout, held in every if not wanted.isdisjoint(held)}


def read(
    cluster: Cluster,
    kind: Subject.Kind,
    names: Sequence[str],
    layouts: Mapping[int, Sequence[str]],
    *,
    after: float,
    until: float,
) -> Columns:
    """These columns of the readings of these layouts, of ticks after the one moment and until the other; of the subjects of
    a cluster. One query, none without layouts."""
    # A cross join keeps SQLite from beginning with the subjects: of those there are far more than have a reading now.
    subject = connection.ops.quote_name(Subject._meta.db_table)
    which = f"CROSS JOIN {subject} s WHERE s.id = r.subject_id AND s.cluster_id = %s AND s.kind = %s"
    return _read(names, layouts, which, [cluster.pk, kind.value], (after, until), by="r.tick")


def read_of(
    ids: Sequence[int], names: Sequence[str], layouts: Mapping[int, Sequence[str]], *, after: float, until: float
) -> Columns:
    """The same of these subjects: cheaper where they are few among all that is read at a tick. One query, none without any."""
    chosen = ", ".join(str(int(pk)) for pk in ids)
    # The plus keeps SQLite from walking through all that was read at these ticks, which are in the order of this grouping.
    which = f"WHERE r.subject_id IN ({chosen})"
    return _read(names, layouts if chosen else {}, which, [], (after, until), by="+r.tick")


def _read(
    names: Sequence[str],
    layouts: Mapping[int, Sequence[str]],
    which: str,
    chosen: Sequence[int | str],
    span: tuple[float, float],
    *,
    by: str,
) -> Columns:
    """A row of the database for each tick, named by `by`."""
    if not layouts:
        return ordered([], len(names))
    wanted = [_Wanted.of(layout, held, names) for layout, held in layouts.items()]
    reading = connection.ops.quote_name(Reading._meta.db_table)
    numbers, whole = JOINED[connection.vendor]
    several = numbers.format("r.layout_id") if len(wanted) > 1 else "NULL"
    statement = (
        f"SELECT {by}, {numbers.format('r.subject_id')}, {several}, {whole.format(_data(wanted))} "  # noqa: S608  numbers made here
        f"FROM {reading} r {which} AND r.tick > {int(span[0])} AND r.tick <= {int(span[1])} "
        f"AND r.layout_id IN ({', '.join(str(one.layout) for one in wanted)}) GROUP BY {by}"
    )
    with connection.cursor() as cursor:
        # Without values nothing looks through a thousand ids for their places.
        cursor.execute(statement, chosen or None)
        return ordered([_columns(wanted, *row) for row in cursor], len(names))


@dataclass(frozen=True)
class _Wanted:
    """What is read of the readings of one layout."""

    layout: int
    pieces: tuple[range, ...]
    """The columns that are read. On PostgreSQL from the first to the last with nothing left out but one wide gap, for it
    sends bytes as text; SQLite is faster by handing over whole rows than by cutting them."""
    places: tuple[int | None, ...]
    """Where in what is read each name stands; None where it does not."""

    @classmethod
    def of(cls, layout: int, held: Sequence[str], names: Sequence[str]) -> _Wanted:
        places = [held.index(name) if name in held else None for name in names]
        pieces = _pieces(sorted({place for place in places if place is not None}), len(held))
        columns = [column for piece in pieces for column in piece]
        return cls(layout, pieces, tuple(None if place is None else columns.index(place) for place in places))

    @property
    def width(self) -> int:
        return sum(map(len, self.pieces))

    @property
    def data(self) -> str:
        """The bytes of the columns that are read."""
        if connection.vendor == "sqlite":
            return "r.data"
        return " || ".join(f"substr(r.data, {1 + WIDTH * piece[0]}, {WIDTH * len(piece)})" for piece in self.pieces)


def _pieces(known: Sequence[int], width: int) -> tuple[range, ...]:
    """Out of the places of the columns that are wanted, in order, and how many there are."""
    if connection.vendor == "sqlite":
        return (range(width),)
    widest = max(range(1, len(known)), key=lambda at: known[at] - known[at - 1], default=0)
    if widest and known[widest] - known[widest - 1] > WIDE_GAP:
        return range(known[0], known[widest - 1] + 1), range(known[widest], known[-1] + 1)
    return (range(known[0], known[-1] + 1),)


def _data(wanted: Sequence[_Wanted]) -> str:
    """The bytes that are read of a reading, by its layout."""
    if len({one.data for one in wanted}) == 1:
        return wanted[0].data
    return f"CASE r.layout_id {' '.join(f'WHEN {one.layout} THEN {one.data}' for one in wanted)} END"


def _columns(wanted: Sequence[_Wanted], tick: int, ids: str, layouts: str | None, data: bytes | memoryview) -> Columns:
    """Of one tick, out of what the database joined."""
    subjects, flat = _whole(ids), np.frombuffer(data, codec.FLOAT64)
    of = np.full(len(subjects), wanted[0].layout) if layouts is None else _whole(layouts)
    widths = np.zeros(len(of), dtype=np.int64)
    for one in wanted:
        widths[of == one.layout] = one.width
    begins = np.cumsum(widths) - widths
    matrix = np.full((len(of), len(wanted[0].places)), np.nan)
    for one in wanted:
        mine = np.flatnonzero(of == one.layout)
        for column, place in enumerate(one.places):
            if place is not None:
                matrix[mine, column] = flat[begins[mine] + place]
    return Columns(subjects, np.full(len(subjects), tick, dtype=np.int64), matrix)


def ordered(parts: Sequence[Columns], width: int) -> Columns:
    """What is of different ticks, with so many columns, as one."""
    nothing = np.zeros(0, dtype=np.int64)
    every = reduce(joined, parts, Columns(nothing, nothing, np.zeros((0, width))))
    # Mostly rows come in this order, but databases owe it to nobody. Ids and seconds are below 2^31 each.
    place = every.ticks << 32 | every.subjects
    return every if np.all(place[1:] > place[:-1]) else every.where(np.argsort(place))


def _whole(told: str) -> Whole:
    return np.fromstring(told, dtype=np.int64, sep=",")
