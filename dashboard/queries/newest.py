"""What was read last of one subject, wherever it lies."""

from __future__ import annotations

from dataclasses import dataclass

from django.core.exceptions import EmptyResultSet

from dashboard import codec
from dashboard.models import Layout
from dashboard.queries import packed
from dashboard.queries.packed import Subjects, Wanted
from dashboard.queries.stored import VALUE, Values, columns_of
from dashboard.tiers import Tier


@dataclass(frozen=True)
class Newest:
    """The last that was stored of a subject."""

    tick: int
    """Of the reading, or the beginning of the step in which it was."""
    layout: int
    names: tuple[str, ...]
    values: Values


def last_read(of: Subjects) -> Newest | None:
    """What was read last of one subject, rolled up or not. One query where that is of the last hours, else two."""
    for tick, layout, names, data in _newest(packed.readings(of, "true"), "f.tick", "f.tick DESC"):
        return Newest(tick, layout, names, codec.unpack([data], width=len(names))[0])
    for tier, layout, names, data in _newest(packed.chunks(of, "true"), "f.tier", "f.tier, f.begins_at DESC"):
        last = [place for place, column in enumerate(columns_of(names, Tier(tier))) if column.kept in (VALUE, "last")]
        ticks, values = codec.decode(data, columns=last)
        return Newest(int(ticks[-1]), layout, names, values[-1])
    return None


def _newest(wanted: Wanted, told: str, order: str) -> list[tuple[int, int, tuple[str, ...], bytes]]:
    """At most one. One query."""
    try:
        where, given = wanted.from_where
    except EmptyResultSet:
        return []
    found = packed.rows(
        f"SELECT {told}, f.layout_id, f.data, (SELECT names FROM {packed.table(Layout)} l WHERE l.id = f.layout_id) "  # noqa: S608
        f"FROM {where} ORDER BY {order} LIMIT 1",
        given,
    )
    return [(number, layout, packed.decoded(names), data) for number, layout, data, names in found]
