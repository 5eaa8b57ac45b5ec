"""Single task failures told in one line for each framework, so that they do not hide what else failed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard.models import Incident
from dashboard.queries.incident_rows import Row
from dashboard.queries.open_failures import REPEATED


@dataclass(frozen=True)
class Folded:
    """The rows that stand for themselves, in their order; and of the rest how many each framework had, most first."""

    rows: tuple[Row, ...]
    frameworks: tuple[tuple[str, int], ...]

    @property
    def count(self) -> int:
        return sum(count for _, count in self.frameworks)


def fold(rows: Sequence[Row]) -> Folded:
    """Of incidents in a list. Those that go on, that somebody has or that were planned are never folded."""
    single = [row for row in rows if _is_single(row)]
    numbers = {row.number for row in single}
    counted = Counter(row.name for row in single)
    kept = tuple(row for row in rows if row.number not in numbers)
    return Folded(kept, tuple(sorted(counted.items(), key=lambda one: (-one[1], one[0]))))


def _is_single(row: Row) -> bool:
    if row.about != Incident.About.TASKS or row.ended_at is None or row.planned or row.taken_by:
        return False
    return row.failures <= 1 and (row.tasks_failed or 0) < REPEATED
