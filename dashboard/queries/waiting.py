"""Every app that waits to be launched: since when, why, and what comes nearest; the one that waits longest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from dashboard.models import App, Cluster, LaunchWait, Marathon
from dashboard.queries import waiting_in_words
from dashboard.queries.freshness import SourceAge
from dashboard.queries.waiting_in_words import Nearest, Requirement

SOURCE = "queue"
MOST_WAITS = 500


@dataclass(frozen=True, kw_only=True)
class Wait:
    """One app's place in the launch queue; figures of `taken_at`."""

    app: App
    own: LaunchWait
    current: bool
    """Whether its queue was read lately enough to be the present."""
    why: str
    requirements: tuple[Requirement, ...]
    nearest: Nearest | None
    resting_seconds: float | None
    """What is left of its delay; None where it rests not."""


def of(cluster: Cluster, source: SourceAge | None, now: datetime) -> list[Wait]:
    """At most MOST_WAITS. One query."""
    found = LaunchWait.objects.filter(app__cluster=cluster, app__gone_at=None).select_related("app__marathon")
    return [one(wait, source, now) for wait in found.order_by("since", "app__app_id")[:MOST_WAITS]]


def one(wait: LaunchWait, source: SourceAge | None, now: datetime) -> Wait:
    """No query where its app and its Marathon are loaded."""
    app = wait.app
    return Wait(
        app=app,
        own=wait,
        current=source is not None and source.judge(app.marathon.queue_taken_at, now).current,
        why=waiting_in_words.why(wait, now),
        requirements=tuple(waiting_in_words.requirements(wait.last_offers)),
        nearest=waiting_in_words.nearest(app, wait.nearest),
        resting_seconds=waiting_in_words.resting_seconds(wait, now),
    )


def count(cluster: Cluster) -> int:
    """One query."""
    return LaunchWait.objects.filter(app__cluster=cluster, app__gone_at=None).count()


def marathons(cluster: Cluster) -> list[Marathon]:
    """By key: of each the age of its lists is its own. One query."""
    return list(Marathon.objects.filter(cluster=cluster).order_by("key"))
