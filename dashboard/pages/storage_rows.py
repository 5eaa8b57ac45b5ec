"""The Storage page's tables and sentences: what is kept in which tier, what takes how much, how full the disk gets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dashboard import figures
from dashboard.charts.bars import double_bar
from dashboard.keeping import Kept
from dashboard.models import StoredSize, Subject
from dashboard.queries.storage import LEVEL_RATIO, Full, Storage
from dashboard.store import retention_choice

Part = StoredSize.Part
OF_KIND = "of:"
NOT_KNOWN = "not known yet"
MONTH_DAYS = 30.44
IN_MONTHS_FROM_DAYS = 90


@dataclass(frozen=True)
class TierRow:
    """One part of the store. Without `size` it was never measured."""

    name: str
    every: str
    kept: str
    size: StoredSize | None
    width: str
    """Of its bar, by its share of all; empty where there is none."""
    share: float | None
    growth: str
    holds: str
    used_for: str


@dataclass(frozen=True)
class KindRow:
    """What the chunks of one kind of subject take."""

    name: str
    size: StoredSize
    growth: str


def tiers(storage: Storage, kept: Kept) -> list[TierRow]:
    """Each part once; together they are the whole as it was when they were measured."""
    return [_tier(storage, part, *words) for part, words in _words(kept).items()]


def _words(kept: Kept) -> dict[str, tuple[str, str, str, str, str]]:
    """Of each part: name, how often, for how long, what it holds, what asks for it."""
    raw, events = _chosen("raw_hours", kept.raw), _chosen("events_days", kept.events)
    audit = _chosen("audit_days", kept.audit)
    five = f"{_chosen('five_minutes_days', kept.five_minutes)}, {_of_containers(kept, kept.five_minutes)}"
    hours = f"{_chosen('hours_days', kept.hours)}, {_of_containers(kept, kept.hours)}"
    summed = "min, max, sum, count, last; rises of counters"
    return {
        Part.READINGS: ("The last hours", "as asked", "1–2 h", "readings as they came", "present figures"),
        Part.RAW: ("Raw", "as asked", raw, "every sample, to the bit", "charts up to its length"),
        Part.FIVE_MINUTES: ("5 minutes", "5 min", five, summed, "charts of weeks"),
        Part.HOURS: ("1 hour", "1 h", hours, summed, "trends, forecasts"),
        Part.AUDIT: ("Daily audit", "1 d", audit, "signed and chained", "proof"),
        Part.EVENTS: ("Events, incidents, alerts", "as they come", events, "what changed", "timelines"),
        Part.REST: ("Rows, indexes, spare", "—", "—", "what exists, and the log", "lists"),
    }


def _of_containers(kept: Kept, tier: timedelta) -> str:
    return f"containers {_chosen('container_days', min(tier, kept.container_hours))}"


def _chosen(field: str, kept: timedelta | None) -> str:
    """As the choice of it says, two lines further down."""
    return retention_choice.in_words(field, kept).replace(" ", figures.NO_BREAK)


def _tier(storage: Storage, part: str, name: str, every: str, kept: str, holds: str, used_for: str) -> TierRow:
    size = storage.parts.get(part)
    share = size.bytes / storage.all.bytes if size and storage.all and storage.all.bytes else None
    width = double_bar(share, None).allocated_width
    return TierRow(name, every, kept, size, width, share, growth(storage, part), holds, used_for)


def growth(storage: Storage, part: str) -> str:
    """Bytes a day with their sign; 0 where it stands still; in words where nothing is known."""
    pace, size = storage.paces.get(part), storage.parts.get(part)
    if pace is None or size is None:
        return NOT_KNOWN
    if abs(pace.median) < max(1.0, LEVEL_RATIO * size.bytes):
        return "0"
    return f"{'+' if pace.median > 0 else ''}{figures.byte_size(round(pace.median))}"


def kinds(storage: Storage) -> list[KindRow]:
    """Kinds of subjects, the largest first."""
    found = [(part, size) for part, size in storage.parts.items() if part.startswith(OF_KIND)]
    ordered = sorted(found, key=lambda one: -one[1].bytes)
    return [KindRow(Subject.Kind(part[len(OF_KIND) :]).label, size, growth(storage, part)) for part, size in ordered]


def chunk_bytes(rows: Sequence[KindRow]) -> int:
    return sum(row.size.bytes for row in rows)


def answer(storage: Storage) -> str:
    """The page in one sentence: how much, of what, and until when."""
    if storage.all is None:
        return "Not measured yet: the first sizes come within a minute of the start."
    size, room = figures.byte_size(storage.all.bytes), storage.room_bytes
    of = f" of {figures.byte_size(room)}" if room is not None else ""
    return f"{size}{of}, {full_words(storage.full)}."


def full_words(full: Full) -> str:
    """ "full in 12–14 months", or why that is not said."""
    if full.soonest_days is None:
        return f"when it is full is {full.why}" if full.why.startswith("not") else f"full: {full.why}"
    if full.latest_days is None:
        return f"full in {_long(full.soonest_days)} or later"
    return f"full in {_range(full.soonest_days, full.latest_days)}"


def _range(soonest: float, latest: float) -> str:
    unit, size = ("months", MONTH_DAYS) if latest >= IN_MONTHS_FROM_DAYS else ("d", 1.0)
    first, last = int(soonest / size), int(-(-latest // size))
    return f"{first}–{last}{figures.NO_BREAK}{unit}" if first != last else f"{last}{figures.NO_BREAK}{unit}"


def _long(days: float) -> str:
    if days < IN_MONTHS_FROM_DAYS:
        return f"{int(days)}{figures.NO_BREAK}d"
    return f"{int(days / MONTH_DAYS)}{figures.NO_BREAK}months"
