"""One app among many: what it is listed, filtered, sorted and drawn by. Plain values, for a thousand are read at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from dashboard.models import App
from dashboard.queries.marks import Mark

LOOP_TASKS = 4
"""So many instances that ended by themselves within `apps_now.RESTARTS_WITHIN` are a crash loop."""
NEED_A_LOOK = frozenset({App.State.UNHEALTHY, App.State.DELAYED, App.State.DEGRADED, App.State.WAITING})
STEADY, RESTARTING = Mark("good", "Steady"), Mark("warn", "Restarting")
CRASH_LOOP, UNKNOWN = Mark("bad", "Crash loop"), Mark("unk", "Not known")


class AppFigures(NamedTuple):
    """Columns of an `App` by their names, as its Marathon last listed it."""

    pk: int
    app_id: str
    kind: str
    state: str
    state_rank: int
    state_since: datetime
    instances: int
    staged: int
    running: int
    healthy: int
    unhealthy: int
    has_health_checks: bool
    cpus: float
    mem_bytes: float
    cpus_used_p95: float | None
    mem_used_p95_bytes: float | None
    p95_seconds: float | None
    last_scaled_at: datetime | None
    last_changed_at: datetime | None
    role: str
    image: str
    labels: Mapping[str, str]


class AppRow(NamedTuple):
    """An app with what is counted beside it."""

    app: AppFigures
    marathon: str
    """Key of its Marathon."""
    current: bool
    """Whether its Marathon listed it lately enough for the present."""
    state: Mark
    """As it may be said now: No data where the list is too old."""
    failures: int | None
    """Tasks of it that failed or were lost in a day; None where no task was ever listed."""
    restarts: int | None
    """Instances that ended by themselves within the window of RESTARTING; None where tasks were not listed of late."""

    @property
    def group(self) -> str:
        """The first part of its id; empty for an app that stands in none."""
        first, slash, _ = self.app.app_id.strip("/").partition("/")
        return f"/{first}" if slash else ""

    @property
    def needs_a_look(self) -> bool:
        return self.current and self.app.state in NEED_A_LOOK

    @property
    def cpus_allocated(self) -> float:
        """Of those that run and are being started."""
        return self.app.cpus * (self.app.running + self.app.staged)

    @property
    def mem_allocated_bytes(self) -> float:
        return self.app.mem_bytes * (self.app.running + self.app.staged)

    @property
    def cpus_slack(self) -> float | None:
        """Allocated, and not used by all its instances in 19 of 20 five minutes of a day."""
        return _less(self.cpus_allocated, self.app.cpus_used_p95)

    @property
    def mem_slack_bytes(self) -> float | None:
        return _less(self.mem_allocated_bytes, self.app.mem_used_p95_bytes)

    @property
    def changed_at(self) -> datetime | None:
        """When its configuration or its number of instances last changed."""
        return max((at for at in (self.app.last_changed_at, self.app.last_scaled_at) if at), default=None)

    @property
    def restarting(self) -> Mark:
        if self.restarts is None:
            return UNKNOWN
        return CRASH_LOOP if self.restarts >= LOOP_TASKS else RESTARTING if self.restarts else STEADY


def _less(whole: float, part: float | None) -> float | None:
    return None if part is None else whole - part
