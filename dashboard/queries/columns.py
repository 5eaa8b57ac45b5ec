"""Some columns of the readings of all subjects of a kind at once, for what is asked of twenty thousand of them.

The database joins the bytes of all readings to one value: a row for each would cost more to hand over than all that
is done with it. Only readings, no chunks: what is asked here is of the last minutes, and hours become chunks much later.
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

Values = NDArray[np.float64]
Whole = NDArray[np.int64]
WIDTH = codec.FLOAT64.itemsize
WIDE_GAP = 8
JOINED = {
    # SQLite joins any bytes as they are, and calls them text.
    "sqlite": (
        "group_concat(r.subject_id) {1}",
        "group_concat(r.tick) {1}",
        "CAST(group_concat({0}, '') {1} AS blob)",
    ),
    "postgresql": (
        "string_agg(r.subject_id::text, ',') {1}",
        "string_agg(r.tick::text, ',') {1}",
        "string_agg({0}, ''::bytea) {1}",
    ),
}
"""By database: ids and ticks with commas between them, and bytes; all in the order of the same rows. Which bytes, which rows."""


@dataclass(frozen=True)
class Columns:
    """A row for each reading, in the order of tick and subject."""

    subjects: Whole
    ticks: Whole
    matrix: Values
    """A column for each name that was asked for; NaN where nothing was measured."""

    def where(self, chosen: NDArray[np.bool_] | Whole) -> Columns:
        return Columns(self.subjects[chosen], self.ticks[chosen], self.matrix[chosen])


def joined(earlier: Columns, later: Columns) -> Columns:
    """Of the same names, one time after the other."""
    return Columns(
        np.concatenate([earlier.subjects, later.subjects]),
        np.concatenate([earlier.ticks, later.ticks]),
        np.concatenate([earlier.matrix, later.matrix]),
    )


def layouts_with(names: Sequence[str]) -> dict[int, list[str]]:
    """The layouts that hold any of these, whatever they are of. One query."""
    every = Layout.objects.values_list("pk", "names")
    return {layout: held for layout, held in every if not set(names).isdisjoint(held)}


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
    return _read(
        names,
        layouts,
        f"CROSS JOIN {subject} s WHERE s.id = r.subject_id AND s.cluster_id = %s AND s.kind = %s",
        [cluster.pk, kind.value],
        (after, until),
    )


def read_of(
    ids: Sequence[int], names: Sequence[str], layouts: Mapping[int, Sequence[str]], *, after: float, until: float
) -> Columns:
    """The same of these subjects: cheaper where they are few among all that is read at a tick. One query, none without any."""
    chosen = ", ".join(str(int(pk)) for pk in ids)
    return _read(names, layouts if chosen else {}, f"WHERE r.subject_id IN ({chosen})", [], (after, until))


def _read(
    names: Sequence[str],
    layouts: Mapping[int, Sequence[str]],
    which: str,
    chosen: Sequence[int | str],
    span: tuple[float, float],
) -> Columns:
    if not layouts:
        return _ordered([], len(names))
    wanted = [_Wanted.of(layout, held, names) for layout, held in layouts.items()]
    reading = connection.ops.quote_name(Reading._meta.db_table)
    statement = (
        f"SELECT {', '.join(one.joined for one in wanted)} FROM {reading} r {which} "  # noqa: S608  numbers made here
        f"AND r.tick > %s AND r.tick <= %s AND r.layout_id IN ({', '.join(str(one.layout) for one in wanted)})"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*chosen, *map(int, span)])
        row = cursor.fetchone() or ()
    return _ordered([one.read(*row[3 * place : 3 * place + 3]) for place, one in enumerate(wanted)], len(names))


@dataclass(frozen=True)
class _Wanted:
    """What is read of the readings of one layout."""

    layout: int
    places: tuple[int | None, ...]
    """Where in it each name stands; None where it does not."""
    pieces: tuple[range, ...]
    """The columns that are read: from the first to the last, with nothing left out but one wide gap. To cut out each by
    itself costs more than it saves."""

    @classmethod
    def of(cls, layout: int, held: Sequence[str], names: Sequence[str]) -> _Wanted:
        places = tuple(held.index(name) if name in held else None for name in names)
        known = sorted({place for place in places if place is not None})
        widest = max(range(1, len(known)), key=lambda at: known[at] - known[at - 1], default=0)
        if widest and known[widest] - known[widest - 1] > WIDE_GAP:
            pieces = (range(known[0], known[widest - 1] + 1), range(known[widest], known[-1] + 1))
            return cls(layout, places, pieces)
        return cls(layout, places, (range(known[0], known[-1] + 1),))

    @property
    def joined(self) -> str:
        """Ids, ticks and bytes of the columns, each in one value."""
        data = " || ".join(f"substr(r.data, {1 + WIDTH * piece[0]}, {WIDTH * len(piece)})" for piece in self.pieces)
        ids, ticks, whole = JOINED[connection.vendor]
        return ", ".join(one.format(data, f"FILTER (WHERE r.layout_id = {self.layout})") for one in (ids, ticks, whole))

    def read(self, ids: str | None, ticks: str | None, data: bytes | memoryview | None) -> Columns:
        columns = [place for piece in self.pieces for place in piece]
        packed = np.frombuffer(data or b"", codec.FLOAT64).reshape(-1, len(columns))
        matrix = np.full((len(packed), len(self.places)), np.nan)
        for column, place in enumerate(self.places):
            if place is not None:
                matrix[:, column] = packed[:, columns.index(place)]
        return Columns(_whole(ids or ""), _whole(ticks or ""), matrix)


def _ordered(parts: Sequence[Columns], width: int) -> Columns:
    nothing = np.zeros(0, dtype=np.int64)
    every = reduce(joined, parts, Columns(nothing, nothing, np.zeros((0, width))))
    # Mostly rows come in this order, but databases owe it to nobody. Ids and seconds are below 2^31 each.
    place = every.ticks << 32 | every.subjects
    return every if np.all(place[1:] > place[:-1]) else every.where(np.argsort(place))


def _whole(told: str) -> Whole:
    return np.fromstring(told, dtype=np.int64, sep=",")
