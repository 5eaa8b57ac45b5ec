"""How an app stands, as an operator reads it: a word with its mark, and a sentence of why. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard import figures
from dashboard.hostile_text import visible
from dashboard.models import App, LaunchWait
from dashboard.queries import task_reasons, waiting_in_words
from dashboard.queries.marks import Mark

State = App.State
STATES = {
    State.SUSPENDED: Mark("mute", "Suspended"),
    State.RUNNING: Mark("good", "Running"),
    State.DEPLOYING: Mark("note", "Deploying"),
    State.WAITING: Mark("warn", "Waiting"),
    State.DEGRADED: Mark("warn", "Degraded"),
    State.DELAYED: Mark("warn", "Delayed"),
    State.UNHEALTHY: Mark("bad", "Unhealthy"),
}
NO_DATA = Mark("unk", "No data")
GONE = Mark("mute", "Gone")
AT_RISK = Mark("warn", "At risk")
MOST_TOLD = 120
"""Characters of a message; all of it stands in the list of failures."""
LATELY = timedelta(hours=24)
"""A failure this recent is part of why an app stands as it does."""


def state(app: App, *, current: bool) -> Mark:
    """Gone before stale: that it was removed stays true."""
    if app.gone_at is not None:
        return GONE
    return STATES[State(app.state)] if current else NO_DATA


def verdict(app: App, wait: LaunchWait | None, at_risk: int, now: datetime, *, current: bool) -> tuple[Mark, str, str]:
    """Its mark, how it stands and since when, and why; `at_risk` of its instances are on agents that are lost."""
    mark = state(app, current=current)
    if mark == GONE:
        return mark, f"its Marathon lists it no more since {figures.instant(app.gone_at, now)}", ""
    since = f"since {figures.instant(app.state_since, now)}, {figures.duration(now - app.state_since)}"
    if mark == NO_DATA:
        return mark, f"it was last listed as {STATES[State(app.state)].word.lower()}", ""
    lost = figures.verb(at_risk, "an agent that is lost", "agents that are lost")
    risk = f"{figures.counted(at_risk, 'instance')} on {lost}" if at_risk else ""
    if at_risk and mark.mark == "good":
        mark = AT_RISK
    return mark, f"{instances(app)}, {since}", _sentence([risk, *_why(app, wait, now)])


def instances(app: App) -> str:
    """2 of 3 instances run, 1 unhealthy."""
    if not app.instances and not app.running:
        return "no instance is wanted"
    ill = f", {figures.count(app.unhealthy)} unhealthy" if app.unhealthy else ""
    staged = f", {figures.count(app.staged)} being started" if app.staged else ""
    run = figures.verb(app.instances, "runs", "run")
    return f"{figures.count(app.running)} of {figures.counted(app.instances, 'instance')} {run}{staged}{ill}"


def _why(app: App, wait: LaunchWait | None, now: datetime) -> list[str]:
    parts = [waiting_in_words.why(wait, now)] if wait is not None else []
    if app.unhealthy and app.has_health_checks:
        parts.append(f"the health check of {figures.counted(app.unhealthy, 'instance')} fails")
    if app.failure_at is not None and now - app.failure_at <= LATELY:
        parts.append(f"its last task failure was {figures.ago(now - app.failure_at)}: {_failure(app)}")
    return parts


def _failure(app: App) -> str:
    """As its Marathon was told it; without a message only what became of the task."""
    told = visible(app.failure_message, one_line=True).rstrip(".")
    short = told if len(told) <= MOST_TOLD else f"{told[: MOST_TOLD - 1]}…"
    return f"“{short}”" if short else f"it {task_reasons.did(app.failure_state)}"


def _sentence(parts: list[str]) -> str:
    text = "; ".join(part for part in parts if part)
    return f"{text[:1].upper()}{text[1:]}." if text else ""
