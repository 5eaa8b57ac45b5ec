"""What was read last of one subject, wherever it lies."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard import codec
from dashboard.models import Chunk, Reading
from dashboard.queries.stored import VALUE, Subjects, Values, columns_of
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
    """What was read last of one subject, rolled up or not. One query where that is of
    the last hours, else two."""
    reading = Reading.objects.filter(subject__in=of).order_by("-tick")
    for tick, layout, names, data in reading.values_list("tick", "layout", "layout__names", "data")[:1]:
        return Newest(tick, layout, tuple(names), codec.unpack([bytes(data)], width=len(names))[0])
    chunk = Chunk.objects.filter(subject__in=of).order_by("tier", "-begins_at")
    for tier, layout, names, data in chunk.values_list("tier", "layout", "layout__names", "data")[:1]:
        columns = columns_of(tuple(names), Tier(tier))
        last = [place for place, column in enumerate(columns) if column.kept in (VALUE, "last")]
        ticks, values = codec.decode(bytes(data), columns=last)
        return Newest(int(ticks[-1]), layout, tuple(names), values[-1])
    return None
