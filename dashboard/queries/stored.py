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
from numpy.typing import NDArray

from dashboard import rolling
from dashboard.queries import decoded, packed
from dashboard.queries.packed import Packed, Subjects, Wanted
from dashboard.remembered import Remembered
from dashboard.rises import AGE, MOST_SPACING_SECONDS, UPTIME
from dashboard.rolling import Column
from dashboard.tiers import Tier, first_of

Values = NDArray[np.float64]
Ticks = NDArray[np.int64]
VALUE = "value"
"""What a raw row keeps of each name."""
EVERY = frozenset((*rolling.OF_GAUGES, *rolling.OF_COUNTERS))
LEAD_SECONDS = 2 * MOST_SPACING_SECONDS
"""So much before the beginning is read too: the first rise in a window begins at the reading before it."""


@dataclass(frozen=True, eq=False)
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

    @property
    def parts(self) -> tuple[NDArray[Any], ...]:
        return self.subjects, self.ticks, self.matrix, self.own

    @cached_property
    def layout(self) -> tuple[str, ...]:
        """The names, each once."""
        return tuple(dict.fromkeys(column.name for column in self.columns))

    @cached_property
    def _places(self) -> dict[tuple[str, str], int]:
        return {column: place for place, column in enumerate(self.columns)}

    def place(self, name: str, kept: str) -> int | None:
        """Where in the matrix stands what was kept of a name."""
        return self._places.get((name, VALUE if self.tier is Tier.RAW else kept))

    def column(self, name: str, kept: str) -> Values | None:
        """What was kept of a name; of a raw row its value is its minimum, maximum, sum and last. None where it has none."""
        place = self.place(name, kept)
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
                whole = end - begin == len(self.subjects)
                yield int(self.subjects[begin]), self if whole else self.where(slice(begin, end))

    def ticks_and_matrix(self) -> tuple[Ticks, Values]:
        """Without the rows that only lead up to the first rise."""
        return self.ticks[self.own], self.matrix[self.own]


MOST_BYTES = 16 << 20
REMEMBERED: Remembered[list[Rows]] = Remembered(MOST_BYTES)
"""What was rolled up, by the very bytes of the chunks: one that is written anew is another."""


def raw(subjects: Subjects, since: int, until: int, names: Sequence[str] | None = None, *, lead: int = 0) -> list[Rows]:
    """Every reading between two ticks, both included, compacted or not; of these names only, where they are given.

    `lead`: so many seconds before the first are read too. Two queries.
    """
    first = since - lead
    readings = packed.readings(subjects, "tick BETWEEN %s AND %s", first, until)
    found = packed.fetched(readings, _chunks(subjects, Tier.RAW, first, until))
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
    hours = {tick // span for tick in ticks}
    chunks = _chunks(subjects, Tier.RAW, first, until)
    chunks = replace(chunks, where=f"{chunks.where} AND begins_at / {span} IN ({_numbers(hours)})")
    readings = packed.readings(subjects, f"tick IN ({_numbers(ticks)})")
    found = _rows(packed.fetched(readings, chunks), names, dict(layouts or {}), since=first, until=until)
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
    chunks = packed.fetched(_chunks(subjects, tier, since, until))
    layouts.update(packed.names_of({layout for _, layout, *_ in chunks}) if chunks else {})
    said = tuple((subject, tuple(layouts[layout]), first, bytes(data)) for subject, layout, first, data, _ in chunks)
    # Steps begin at whole ones: until the next it is the same.
    asked = (said, tier, since, until // tier.step_seconds, names and tuple(names), tuple(kept))
    done = REMEMBERED.get(asked)
    if done is None:
        done = _rows(chunks, names, layouts, since=since, until=until, tier=tier, kept=kept)
        REMEMBERED.put(
            asked, done, sum(len(data) for *_, data in said) + sum(decoded.frozen(rows.parts) for rows in done)
        )
    begins = dict.fromkeys(subjects, since)
    for rows in done:
        for subject, own in rows.by_subject():
            begins[subject] = max(begins[subject], int(own.ticks[-1]) + tier.step_seconds)
    # The reading that the first rise begins at is in the last step that is rolled up.
    lead = max(LEAD_SECONDS, tier.step_seconds)
    earliest = min(begins.values(), default=since) - lead
    readings = packed.readings(subjects, "tick BETWEEN %s AND %s", earliest, until)
    tail = packed.fetched(readings, *_tails(begins, lead, until))
    rest = _rows(tail, names, layouts, since=since, until=until, lead=since - earliest)
    return [*done, *(_after(rows, begins, lead) for rows in rest)]


def _tails(begins: Mapping[int, int], lead: int, until: int) -> Iterator[Wanted]:
    """Raw chunks of what is not rolled up: nearly all subjects are as far as each other, those that are not get more."""
    newest = first_of(Tier.HOURS, max(begins.values(), default=0) - 1)
    for behind in (True, False):
        some = {subject: tick for subject, tick in begins.items() if (tick <= newest) == behind}
        if some:
            yield _chunks(list(some), Tier.RAW, min(some.values()) - lead, until)


def _after(rows: Rows, begins: Mapping[int, int], lead: int) -> Rows:
    """The rows that are not rolled up, and those that lead up to them."""
    known, places = np.unique(rows.subjects, return_inverse=True)
    since = np.array([begins[subject] for subject in known.tolist()], dtype=np.int64)[places]
    return replace(rows, own=rows.ticks >= since).where(rows.ticks >= since - lead)


def _chunks(subjects: Subjects, tier: Tier, first: int, until: int) -> Wanted:
    where = "tier = %s AND begins_at BETWEEN %s AND %s"
    return packed.chunks(subjects, where, int(tier), first_of(tier, first), until)


def _numbers(ticks: Iterable[int]) -> str:
    return ", ".join(str(int(tick)) for tick in ticks)


def _rows(
    found: Sequence[Packed],
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
    for one in found:
        by_layout[one[1]].append(one)
    missing = by_layout.keys() - layouts.keys()
    if missing:
        layouts.update(packed.names_of(missing))
    groups = []
    for layout, members in sorted(by_layout.items(), key=lambda group: max(first for _, _, first, *_ in group[1])):
        every = columns_of(tuple(layouts[layout]), tier)
        wanted = None if names is None else {*names, AGE, UPTIME}
        places = [
            place
            for place, column in enumerate(every)
            if (wanted is None or column.name in wanted) and column.kept in (VALUE, *kept)
        ]
        columns = tuple(every[place] for place in places)
        subjects, ticks, matrix = decoded.rows(members, len(every), places)
        inside = (ticks >= since - lead) & (ticks <= until)
        if not inside.all():
            subjects, ticks, matrix = subjects[inside], ticks[inside], matrix[inside]
        groups.append(_sorted(tier, columns, subjects, ticks, matrix, since))
    return groups


def columns_of(layout: tuple[str, ...], tier: Tier) -> tuple[Column, ...]:
    """As they are stored."""
    return tuple(Column(name, VALUE) for name in layout) if tier is Tier.RAW else rolling.columns(layout)


def _sorted(tier: Tier, columns: tuple[Column, ...], subjects: Ticks, ticks: Ticks, matrix: Values, since: int) -> Rows:
    """In the order of subject and tick; of several rows of one tick the last given stays, which is the reading."""
    apart, later = np.diff(subjects), np.diff(ticks)
    if not np.all((apart > 0) | ((apart == 0) & (later > 0))):
        order = np.lexsort((ticks, subjects))
        subjects, ticks = subjects[order], ticks[order]
        last = np.ones(len(order), dtype=bool)
        last[:-1] = (np.diff(subjects) != 0) | (np.diff(ticks) != 0)
        subjects, ticks, matrix = subjects[last], ticks[last], matrix[order[last]]
    return Rows(tier, columns, subjects, ticks, matrix, ticks >= since)
