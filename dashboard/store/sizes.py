"""How large the store and each part of it is, measured and written down as one row a day and part.

The whole and its disk are looked at hourly. What each part takes is told by every page of the database (SQLite's dbstat, the
relation sizes of PostgreSQL) and by every row of the chunks: up to 1 GiB hourly too, above that once a day, after 04:00 UTC,
when the day before was rolled up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.db.models import Count, Exists, F, Max, Model, OuterRef, Sum
from django.db.models.functions import Length

from dashboard import disk, rolling
from dashboard.models import (
    Alert,
    AlertGroup,
    Attempt,
    AuditEntry,
    Chunk,
    Event,
    Incident,
    Layout,
    Notice,
    Reading,
    Silence,
    StoredSize,
    Subject,
)
from dashboard.store import deletion, partitions, upkeep
from dashboard.store.upkeep import Done, Job
from dashboard.tiers import Tier

Part = StoredSize.Part
EVERY = timedelta(hours=1)
LARGE_BYTES = 1 << 30
NIGHT_HOUR = 4
SIZES_KEPT = timedelta(days=730)
ROW_BYTES = 40
"""Of SQLite's file a chunk takes about so much beside its data: its key, its columns, its entries in two indexes."""

OF_TIER = {Tier.RAW: Part.RAW, Tier.FIVE_MINUTES: Part.FIVE_MINUTES, Tier.HOURS: Part.HOURS}
OF_CONTAINERS = {Tier.FIVE_MINUTES: "container_5min", Tier.HOURS: "container_hours"}
"""Parts of parts: containers are kept for another time."""
OF_KIND = "of:"
"""Before a kind of subject: what all chunks of that kind take. Their `rows` are subjects."""
TABLES: dict[str, tuple[type[Model], ...]] = {
    Part.READINGS: (Reading,),
    Part.AUDIT: (AuditEntry,),
    Part.EVENTS: (Event, Incident, Alert, AlertGroup, Notice, Attempt, Silence),
}


@dataclass(frozen=True)
class Size:
    """Bytes of a part with its indexes; rows and values where they are counted."""

    bytes: int
    rows: int | None = None
    samples: int | None = None


Sizes = dict[str, Size]


class Held(NamedTuple):
    """What the chunks of one kind and tier hold, without what the database adds."""

    kind: str
    tier: Tier
    bytes: int
    chunks: int
    samples: int


def run(clock: Callable[[], datetime]) -> Done | None:
    """The hourly job. None where it is not due or another worker does it."""
    return upkeep.run(Job.MEASURE, clock, lambda _: measure(clock()), every=EVERY, lasting=upkeep.FURTHEST)


def measure(now: datetime) -> Done:
    """Measure now and write it down as the present day's."""
    found = _whole()
    size = found[Part.ALL].bytes
    if _parts_are_due(size, now):
        found |= _parts(size)
    _write(found, now)
    StoredSize.objects.filter(day__lt=(now - SIZES_KEPT).date()).delete()
    return Done(amount=size, detail=_how(found))


def _how(found: Sizes) -> str:
    if Part.RAW not in found:
        return "the whole; parts once a day, being over 1 GiB"
    if _tells_pages():
        return "the whole and its parts"
    return "the whole and its parts, these only by the length of what is in them: this SQLite is built without dbstat"


def _write(found: Sizes, now: datetime) -> None:
    day = now.astimezone(UTC).date()
    rows = [StoredSize(day=day, part=part, measured_at=now, **vars(size)) for part, size in found.items()]
    StoredSize.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["day", "part"],
        update_fields=["bytes", "rows", "samples", "measured_at"],
    )


def _whole() -> Sizes:
    """All that the database takes, its log included, and its disk where that is known from here."""
    found = {Part.ALL.value: Size(_all_bytes())}
    under = disk.look()
    if under is not None:
        found |= {Part.DISK_FREE: Size(under.free_bytes), Part.DISK_TOTAL: Size(under.total_bytes)}
    return found


def _all_bytes() -> int:
    file = disk.database_file()
    if file is not None:
        log = file.with_name(f"{file.name}-wal")
        return file.stat().st_size + (log.stat().st_size if log.exists() else 0)
    if connection.vendor == "sqlite":
        return int(_one("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size"))
    return int(_one("SELECT pg_database_size(current_database())"))


def _parts_are_due(size: int, now: datetime) -> bool:
    if size <= LARGE_BYTES:
        return True
    last = StoredSize.objects.filter(part=Part.RAW).aggregate(last=Max("measured_at"))["last"]
    night = now.astimezone(UTC).replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return last is None or last < (night if night <= now else night - timedelta(days=1))


def _parts(size: int) -> Sizes:
    tables, held = _tables(), _held()
    tiers = _tiers(tables, held)
    found: Sizes = {}
    for part, models in TABLES.items():
        rows = sum(model._default_manager.count() for model in models)
        found[part] = Size(sum(tables[model._meta.db_table] for model in models), rows)
    for tier, part in OF_TIER.items():
        of = [one for one in held if one.tier is tier]
        found[part] = Size(tiers[tier], sum(one.chunks for one in of), sum(one.samples for one in of))
    # The log and what was written meanwhile belong to no table.
    found[Part.REST] = Size(max(0, size - sum(one.bytes for one in found.values())))
    return found | _of_kinds(held, tiers)


def _of_kinds(held: Iterable[Held], tiers: dict[Tier, int]) -> Sizes:
    """What each kind of subject takes, and containers in the tiers where they are kept for another time."""
    weights: Counter[Tier] = Counter()
    for one in held:
        weights[one.tier] += _weight(one)
    with_chunks = Subject.objects.filter(Exists(Chunk.objects.filter(subject=OuterRef("pk"))))
    subjects = dict(with_chunks.values_list("kind").annotate(count=Count("pk")))
    found: Sizes = {part: Size(0, 0, 0) for part in OF_CONTAINERS.values()}
    for one in held:
        taken = tiers[one.tier] * _weight(one) // weights[one.tier]
        key = f"{OF_KIND}{one.kind}"
        before = found.get(key, Size(0, subjects.get(one.kind, 0), 0))
        found[key] = replace(before, bytes=before.bytes + taken, samples=(before.samples or 0) + one.samples)
        if one.kind in deletion.CONTAINERS and one.tier in OF_CONTAINERS:
            other = found[OF_CONTAINERS[one.tier]]
            samples = (other.samples or 0) + one.samples
            found[OF_CONTAINERS[one.tier]] = Size(other.bytes + taken, (other.rows or 0) + one.chunks, samples)
    return found


def _weight(one: Held) -> int:
    return one.bytes + one.chunks * ROW_BYTES


def _held() -> list[Held]:
    """One look at every chunk, but not at its data: both databases know the length of a value without reading it."""
    grouped = Chunk.objects.values("subject__kind", "tier", "layout")
    found = grouped.annotate(chunks=Count("tier"), steps=Sum("rows"), data_bytes=Sum(Length("data")))
    columns = {pk: len(names) for pk, names in Layout.objects.values_list("pk", "names")}
    rolled = {pk: len(rolling.columns(tuple(names))) for pk, names in Layout.objects.values_list("pk", "names")}
    sums: dict[tuple[str, Tier], Counter[str]] = {}
    for row in found.values_list("subject__kind", "tier", "layout", "chunks", "steps", "data_bytes"):
        kind, tier, layout, chunks, steps, size = row
        wide = (columns if tier == Tier.RAW else rolled)[layout]
        sums.setdefault((kind, Tier(tier)), Counter()).update(bytes=size, chunks=chunks, samples=steps * wide)
    return [Held(kind, tier, one["bytes"], one["chunks"], one["samples"]) for (kind, tier), one in sums.items()]


def _tiers(tables: Counter[str], held: Iterable[Held]) -> dict[Tier, int]:
    """Bytes of each tier: PostgreSQL has a table for each; of SQLite's one table each has its part by what it holds."""
    if partitions.used():
        sql = "SELECT COALESCE(SUM(pg_total_relation_size(relid)), 0) FROM pg_partition_tree(%s::regclass)"
        return {tier: int(_one(sql, table)) for tier, table in partitions.OF_TIERS.items()}
    weights = Counter(dict.fromkeys(Tier, 0))
    for one in held:
        weights[one.tier] += _weight(one)
    whole, table = sum(weights.values()), tables[Chunk._meta.db_table]
    return {tier: table * weight // whole if whole else 0 for tier, weight in weights.items()}


def _tables() -> Counter[str]:
    """Bytes of each table with its indexes. SQLite without dbstat: what is in its rows, which is less."""
    if connection.vendor == "postgresql":
        return Counter(_pairs("SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r'"))
    if _tells_pages():
        by_name = "SELECT name, pgsize FROM dbstat WHERE aggregate = TRUE"
        return Counter(
            _pairs(f"SELECT tbl_name, SUM(pgsize) FROM sqlite_master JOIN ({by_name}) USING (name) GROUP BY tbl_name")  # noqa: S608
        )
    lengths = {
        model: model._default_manager.aggregate(size=Sum(Length(F("data"))))["size"]
        for model in (Reading, Chunk, AuditEntry)
    }
    return Counter({model._meta.db_table: size or 0 for model, size in lengths.items()})


def _tells_pages() -> bool:
    """Whether the database says how many pages a table takes; SQLite does where it is built with dbstat."""
    by_dbstat = "SELECT COUNT(*) FROM pragma_module_list WHERE name = 'dbstat'"
    return connection.vendor != "sqlite" or bool(_one(by_dbstat))


def _pairs(sql: str) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {name: int(size) for name, size in cursor.fetchall()}


def _one(sql: str, *parameters: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.fetchone()[0])
