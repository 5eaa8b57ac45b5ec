"""How apps stand: worked out again whenever their list or their launch queue was read, with an event of each change."""

from __future__ import annotations

from datetime import datetime

from dashboard import applications
from dashboard.models import App, Event, LaunchWait
from dashboard.store.writing import Writing

GONE = "gone"
"""Word of an event for an app that its Marathon lists no more."""


def restate(writing: Writing, app: App, wait: LaunchWait | None, *, at: datetime, silent: bool = False) -> bool:
    """Bring the row's state up to its counts and its wait; whether it changed. The row is not saved."""
    resting = wait is not None and not wait.overdue and wait.delay_seconds > 0
    state = applications.state_of(app, is_waiting=wait is not None and not resting, is_delayed=resting)
    if state == app.state:
        return False
    if not silent:
        tell(writing, app, before=app.state, after=state, at=at)
    app.state, app.state_since, app.state_rank = state, at, applications.RANK[state]
    return True


def tell(writing: Writing, app: App, *, before: str, after: str, at: datetime) -> None:
    event(writing, Event.Kind.APP_STATE, app, before=before, after=after, at=at)


def event(writing: Writing, kind: Event.Kind, app: App, *, before: str, after: str, at: datetime) -> None:
    """An event of an app; its Marathon is loaded with it."""
    key = applications.subject_key(app.marathon.key, app.app_id)
    writing.event(kind, key, name=app.app_id, before=before, after=after, taken_at=at)
