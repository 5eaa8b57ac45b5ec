"""Failed tasks of an app: each with how long it lived and under which configuration."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import QuerySet

from dashboard import applications
from dashboard.models import App, AppVersion, Task
from dashboard.queries import task_reasons

KEPT_DAYS = 7
"""Of tasks that ended."""
STATES = sorted(applications.FAILED & applications.ENDED)


@dataclass(frozen=True, kw_only=True)
class Failure:
    task: Task
    lived: timedelta | None
    """From running to its end; None where nobody told when it ran."""
    version: str
    """Of the configuration that was the newest when the task was first told of; empty where none is known from then."""

    @property
    def why(self) -> str:
        """It failed: its command failed."""
        return task_reasons.shown(f"{self.task.state} {self.task.reason}".strip())


def latest(app: App, versions: Iterable[AppVersion], places: range) -> list[Failure]:
    """Those at these places, counted from 0, the latest first. One query."""
    return list(_told(_failed(app)[places.start : places.stop], versions))


def every(app: App, versions: Iterable[AppVersion]) -> Iterator[Failure]:
    """All that are kept, read while they are used. One query."""
    return _told(_failed(app).iterator(chunk_size=1000), versions)


def count(app: App) -> int:
    """Of the week for which tasks are kept. One query."""
    return _failed(app).count()


def lives(app: App) -> list[float]:
    """In seconds, of all whose beginning was told. One query."""
    spans = _failed(app).values_list("running_at", "ended_at")
    lived = (_lived(running_at, ended_at) for running_at, ended_at in spans)
    return [life.total_seconds() for life in lived if life is not None]


def _lived(running_at: datetime | None, ended_at: datetime | None) -> timedelta | None:
    """None too where the clocks of its statuses disagree."""
    if running_at is None or ended_at is None or running_at > ended_at:
        return None
    return ended_at - running_at


def _failed(app: App) -> QuerySet[Task]:
    failed = Task.objects.filter(app=app, ended_at__isnull=False, state__in=STATES)
    return failed.order_by("-ended_at", "-pk")


def _told(found: Iterable[Task], versions: Iterable[AppVersion]) -> Iterator[Failure]:
    times = sorted((begun_at(one), one.version) for one in versions)
    for task in found:
        yield Failure(
            task=task,
            lived=_lived(task.running_at, task.ended_at),
            version=_version(times, task.first_status_at or task.running_at),
        )


def begun_at(version: AppVersion) -> datetime:
    """Marathon names a version by the time it took it; when it was first seen where the name is none."""
    try:
        at = datetime.fromisoformat(version.version)
    except ValueError:
        return version.seen_at
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _version(times: Sequence[tuple[datetime, str]], at: datetime | None) -> str:
    if at is None:
        return ""
    place = bisect_right(times, at, key=lambda one: one[0])
    return times[place - 1][1] if place else ""
