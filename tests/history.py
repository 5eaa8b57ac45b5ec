"""Readings of many hours, and what the store made of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime

import numpy as np
from django.db import connection

from dashboard import codec, rolling
from dashboard.models import Chunk, Cluster, Reading, Subject
from dashboard.store import readings
from dashboard.tiers import Tier
from tests.builders import NOON

HOUR, DAY = 3600, 86_400
MIDNIGHT = int(NOON.timestamp()) // DAY * DAY
"""The beginning of the day whose noon is NOON."""
NAMES = ("cpu.total", "in_bytes", "sample.age_seconds")
"""A gauge, a counter, and how old the figures were at their tick."""


def at(seconds: float) -> datetime:
    """So long after that midnight."""
    return datetime.fromtimestamp(MIDNIGHT + seconds, UTC)


def clock(seconds: float) -> Callable[[], datetime]:
    return lambda: at(seconds)


def subject(cluster: Cluster, key: str = "10.0.0.1", kind: Subject.Kind = Subject.Kind.HOST) -> int:
    return readings.subjects(cluster, {(kind.value, key): key}, seen_at=at(0))[kind.value, key]


def measured(
    of: int,
    seconds: Iterable[float],
    names: tuple[str, ...] = NAMES,
    values: Callable[[int], Sequence[float]] | None = None,
) -> list[tuple[int, list[float]]]:
    """Write readings at these seconds after midnight, as `values` says of each second; returns ticks and values."""
    said = values or (lambda second: [second % 7 + 0.25, 100.0 * second, 0.5])
    rows = [(MIDNIGHT + int(second), list(map(float, said(int(second))))) for second in seconds]
    readings.write_many(names, [(tick, of, row) for tick, row in rows])
    return rows


def stored(of: int, tier: Tier = Tier.RAW) -> list[tuple[int, list[float]]]:
    """Ticks and values of the subject's chunks of a tier, in the order of their ticks."""
    found: list[tuple[int, list[float]]] = []
    for data in Chunk.objects.filter(subject=of, tier=tier).values_list("data", flat=True):
        ticks, values = codec.decode(bytes(data))
        found += zip(ticks.tolist(), values.tolist(), strict=True)
    return sorted(found, key=lambda row: row[0])


def checked() -> None:
    """As after a commit: PostgreSQL lets no partition go whose rows' keys are still to be checked."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def left(of: int) -> list[int]:
    """Seconds after midnight of the readings that are no chunks."""
    ticks = Reading.objects.filter(subject=of).order_by("tick").values_list("tick", flat=True)
    return [tick - MIDNIGHT for tick in ticks]


def column(of: int, tier: Tier, name: str, kept: str) -> dict[int, float]:
    """Of a rolled-up tier: seconds after midnight → what was kept of a value."""
    found: dict[int, float] = {}
    for chunk in Chunk.objects.filter(subject=of, tier=tier).select_related("layout"):
        columns = rolling.columns(tuple(chunk.layout.names))
        ticks, values = codec.decode(bytes(chunk.data), columns=[columns.index(rolling.Column(name, kept))])
        found |= dict(zip((ticks - MIDNIGHT).tolist(), values[:, 0].tolist(), strict=True))
    return found


def rows_of(of: int, ticks: Sequence[int], values: Sequence[Sequence[float]]) -> rolling.Rows:
    moments = np.array(ticks, dtype=np.int64)
    return rolling.Rows(np.full(len(ticks), of), moments, np.array(values, dtype=np.float64), moments)
