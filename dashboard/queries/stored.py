"""The one place that reads stored numbers, whichever way they lie: as readings of the last hours, as raw chunks, rolled up.

Of raw numbers a reading wins over the row of a chunk that has the same tick: it came later. Of rolled-up ones the rows end
where the roll-up has come to, which differs from subject to subject; what follows is read raw. Chunks are decoded together,
those of one layout at a time, and only the columns that were asked for.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import numpy as np
from django.db.models import BooleanField, F, Q, QuerySet, Value
from numpy.typing import NDArray

from dashboard import codec, rolling
from dashboard.models import Chunk, Layout, Reading, Subject
from dashboard.rises import AGE, MOST_SPACING_SECONDS, UPTIME
from dashboard.rolling import Column
from dashboard.tiers import Tier, first_of

Values = NDArray[np.float64]
Ticks = NDArray[np.int64]
Subjects = Sequence[int] | QuerySet[Subject, Any]
"""Ids, or a query of them, for no database likes a list of twenty thousand."""
Packed = tuple[int, int, int, bytes | memoryview, bool]
"""Subject, layout, first tick, data, and whether it is a chunk."""
VALUE = "value"
"""What a raw row keeps of each name."""
EVERY = frozenset((*rolling.OF_GAUGES, *rolling.OF_COUNTERS))
LEAD_SECONDS = 2 * MOST_SPACING_SECONDS
"""So much before the beginning is read too: the first rise in a window begins at the reading before it."""


@dataclass(frozen=True)
class Rows:
    """Rows of one layout and tier in the order of subject and tick, each subject's together."""

    tier: Tier
    columns: tuple[Column, ...]
    subjects: Ticks
    """Row by row the id."""
    ticks: Ticks
    """Of a reading, or of the beginning of a rolled-up step."""
    matrix: Values
    """A column for each of `columns`; NaN where nothing was measured."""
    own: NDArray[np.bool_]
    """False of rows that only lead up to the first rise of the time that was asked for."""

    @cached_property
    def layout(self) -> tuple[str, ...]:
        """The names, each once."""
        return tuple(dict.fromkeys(column.name for column in self.columns))

    @cached_property
    def _places(self) -> dict[Column, int]:
        return {column: place for place, column in enumerate(self.columns)}

    def column(self, name: str, kept: str) -> Values | None:
        """What was kept of a name; of a raw row its value is its minimum, maximum, sum and last. None where it has none."""
        place = self._places.get(Column(name, VALUE if self.tier is Tier.RAW else kept))
        return None if place is None else self.matrix[:, place]

    def where(self, chosen: NDArray[np.bool_] | slice) -> Rows:
        """Only the chosen rows."""
        own, subjects, ticks = self.own[chosen], self.subjects[chosen], self.ticks[chosen]
        return Rows(self.tier, self.columns, subjects, ticks, self.matrix[chosen], own)

    def by_subject(self) -> Iterator[tuple[int, Rows]]:
        """The rows of each subject."""
        cuts = [0, *(np.flatnonzero(np.diff(self.subjects)) + 1).tolist(), len(self.subjects)]
        for begin, end in pairwise(cuts):
            if begin < end:
                yield int(self.subjects[begin]), self.where(slice(begin, end))

    def ticks_and_matrix(self) -> tuple[Ticks, Values]:
        """Without the rows that only lead up to the first rise."""
        return self.ticks[self.own], self.matrix[self.own]


def raw(subjects: Subjects, since: int, until: int, names: Sequence[str] | None = None, *, lead: int = 0) -> list[Rows]:
    """Every reading between two ticks, both included, compacted or not; of these names only, where they are given.

    `lead`: so many seconds before the first are read too. Two queries.
    """
    first = since - lead
    readings = Reading.objects.filter(subject__in=subjects, tick__gte=first, tick__lte=until)
    found = _packed(readings).union(_packed_chunks(_chunks(subjects, Tier.RAW, first, until)), all=True)
    return _rows(found, names, {}, since=since, until=until, lead=lead)


def at(
    subjects: Subjects,
    ticks: Sequence[int],
    names: Sequence[str] | None = None,
    *,
    layouts: Mapping[int, Sequence[str]] | None = None,
) -> list[Rows]:
    """The readings at exactly these ticks, compacted or not. Two queries; one where their `layouts` are known."""
    first, until, span = min(ticks), max(ticks), Tier.RAW.span_seconds
    # Chunks of other hours are passed over in the index; their data stays where it is.
    chunks = _chunks(subjects, Tier.RAW, first, until).alias(hour=F("begins_at") / span)
    chunks = chunks.filter(hour__in={tick // span for tick in ticks})
    readings = Reading.objects.filter(subject__in=subjects, tick__in=ticks)
    found = _rows(
        _packed(readings).union(_packed_chunks(chunks), all=True), names, dict(layouts or {}), since=first, until=until
    )
    return [rows.where(np.isin(rows.ticks, ticks)) for rows in found]


def rolled(
    subjects: Sequence[int],
    tier: Tier,
    since: int,
    until: int,
    names: Sequence[str] | None = None,
    *,
    kept: Collection[str] = EVERY,
) -> list[Rows]:
    """Steps of a rolled-up tier between two ticks, both included, and raw rows of what is not rolled up yet.

    Of each name what is in `kept` (rolling.py): to decode what nobody asks for is most of the cost of a long time.
    Three queries, four where what is not rolled up yet has layouts of its own.
    """
    layouts: dict[int, Sequence[str]] = {}
    chunks = _packed_chunks(_chunks(subjects, tier, since, until))
    done = _rows(chunks, names, layouts, since=since, until=until, tier=tier, kept=kept)
    begins = dict.fromkeys(subjects, since)
    for rows in done:
        for subject, own in rows.by_subject():
            begins[subject] = max(begins[subject], int(own.ticks[-1]) + tier.step_seconds)
    # The reading that the first rise begins at is in the last step that is rolled up.
    lead = max(LEAD_SECONDS, tier.step_seconds)
    earliest = min(begins.values(), default=since) - lead
    readings = Reading.objects.filter(subject__in=subjects, tick__gte=earliest, tick__lte=until)
    tail = _packed(readings).union(_packed_chunks(_tails(begins, lead, until)), all=True)
    rest = _rows(tail, names, layouts, since=since, until=until, lead=since - earliest)
    return [*done, *(_after(rows, begins, lead) for rows in rest)]


def _tails(begins: Mapping[int, int], lead: int, until: int) -> QuerySet[Chunk]:
    """Raw chunks of what is not rolled up: nearly all subjects are as far as each other, those that are not get more."""
    if not begins:
        return Chunk.objects.none()
    newest = first_of(Tier.HOURS, max(begins.values()) - 1)
    wanted = Q()
    for behind in (True, False):
        some = {subject: tick for subject, tick in begins.items() if (tick <= newest) == behind}
        if some:
            first = first_of(Tier.RAW, min(some.values()) - lead)
            wanted |= Q(subject__in=list(some), begins_at__gte=first)
    return Chunk.objects.filter(wanted, tier=Tier.RAW, begins_at__lte=until)


def _after(rows: Rows, begins: Mapping[int, int], lead: int) -> Rows:
    """The rows that are not rolled up, and those that lead up to them."""
    known, places = np.unique(rows.subjects, return_inverse=True)
    since = np.array([begins[subject] for subject in known.tolist()], dtype=np.int64)[places]
    return replace(rows, own=rows.ticks >= since).where(rows.ticks >= since - lead)


def _chunks(subjects: Subjects, tier: Tier, first: int, until: int) -> QuerySet[Chunk]:
    return Chunk.objects.filter(
        subject__in=subjects, tier=tier, begins_at__gte=first_of(tier, first), begins_at__lte=until
    )


def _packed(readings: QuerySet[Reading]) -> QuerySet[Reading, Packed]:
    marked = readings.order_by().annotate(is_chunk=Value(False, output_field=BooleanField()))
    return marked.values_list("subject", "layout", "tick", "data", "is_chunk")


def _packed_chunks(chunks: QuerySet[Chunk]) -> QuerySet[Chunk, Packed]:
    marked = chunks.order_by().annotate(is_chunk=Value(True, output_field=BooleanField()))
    return marked.values_list("subject", "layout", "begins_at", "data", "is_chunk")


def _rows(
    packed: Iterable[Packed],
    names: Sequence[str] | None,
    layouts: dict[int, Sequence[str]],
    *,
    since: int,
    until: int,
    lead: int = 0,
    tier: Tier = Tier.RAW,
    kept: Collection[str] = EVERY,
) -> list[Rows]:
    """By layout, the one that came last at the end; of the columns wanted, age and uptime, which rates need. One query, none
    where all layouts are in `layouts`, to which it adds those that are not."""
    by_layout: dict[int, list[Packed]] = defaultdict(list)
    for one in packed:
        by_layout[one[1]].append(one)
    missing = by_layout.keys() - layouts.keys()
    if missing:
        layouts.update(Layout.objects.filter(pk__in=missing).values_list("pk", "names"))
    found = []
    for layout, members in sorted(by_layout.items(), key=lambda found: max(first for _, _, first, *_ in found[1])):
        every = columns_of(tuple(layouts[layout]), tier)
        wanted = None if names is None else {*names, AGE, UPTIME}
        places = [
            place
            for place, column in enumerate(every)
            if (wanted is None or column.name in wanted) and column.kept in (VALUE, *kept)
        ]
        columns = tuple(every[place] for place in places)
        subjects, ticks, matrix = _unpacked(members, len(every), places)
        inside = (ticks >= since - lead) & (ticks <= until)
        found.append(_sorted(tier, columns, subjects[inside], ticks[inside], matrix[inside], since))
    return found


def columns_of(layout: tuple[str, ...], tier: Tier) -> tuple[Column, ...]:
    """As they are stored."""
    return tuple(Column(name, VALUE) for name in layout) if tier is Tier.RAW else rolling.columns(layout)


def _unpacked(members: Sequence[Packed], width: int, places: Sequence[int]) -> tuple[Ticks, Ticks, Values]:
    """Subjects, ticks and values, the rows of chunks before readings."""
    chunks = [(subject, data) for subject, _, _, data, is_chunk in members if is_chunk]
    readings = [(subject, tick, data) for subject, _, tick, data, is_chunk in members if not is_chunk]
    of, ticks, values = codec.decode_many([bytes(data) for _, data in chunks], columns=places)
    owners = np.array([subject for subject, _ in chunks], dtype=np.int64)[of]
    matrix = codec.unpack((bytes(data) for *_, data in readings), width=width)[:, list(places)]
    return (
        np.concatenate([owners, np.array([subject for subject, *_ in readings], dtype=np.int64)]),
        np.concatenate([ticks, np.array([tick for _, tick, _ in readings], dtype=np.int64)]),
        np.concatenate([values, matrix]),
    )


def _sorted(tier: Tier, columns: tuple[Column, ...], subjects: Ticks, ticks: Ticks, matrix: Values, since: int) -> Rows:
    """In the order of subject and tick; of several rows of one tick the last given stays, which is the reading."""
    order = np.lexsort((ticks, subjects))
    subjects, ticks = subjects[order], ticks[order]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = (np.diff(subjects) != 0) | (np.diff(ticks) != 0)
    kept = order[last]
    return Rows(tier, columns, subjects[last], ticks[last], matrix[kept], ticks[last] >= since)
