"""One alert: its life with every change and whose doing it was, who was told of it, its rule, and what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from dashboard import figures
from dashboard.alerts import in_words
from dashboard.alerts.rules import BY_KEY
from dashboard.models import Alert, Cluster, Event, Severity, Watch
from dashboard.pages import alert_past, alert_tabs, alert_words
from dashboard.pages.access import role
from dashboard.pages.alert_rows import Line, Setting, limited, numbered, of_alert
from dashboard.pages.blocks import attempt
from dashboard.queries import alert_life, alert_told, incidents
from dashboard.queries.incident_rows import Row
from dashboard.queries.marks import SEVERITY, Mark
from dashboard.queries.window import Window
from dashboard.roles import Role

MOST_TOLD = 50
LARGEST = 2**63 - 1
BEFORE = timedelta(minutes=15)
"""A failure that ended no longer before the alert began may have to do with it."""
MARKS = {
    "Pending": "note",
    "Recovering": "note",
    "Resolved": "good",
    "Acknowledged": "mute",
    "Silenced": "mute",
    "No data": "unk",
    "Flapping": "warn",
}
"""By the word of what it became; firing is marked by its severity."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of its life."""

    at: datetime
    mark: str
    word: str
    before: str
    by: str


def page(request: HttpRequest, cluster_name: str, number: int) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    alert = alert_life.find(cluster, number) if number <= LARGEST else None
    if alert is None:
        raise Http404("There is no alert of this number.")
    watch = Watch.objects.filter(cluster=cluster).first()
    told = alert_told.by_group({alert.group_id} if alert.group_id else ())
    life, line = alert_life.life(alert), of_alert(Setting(cluster, now, told), alert)
    context = {
        "cluster": cluster,
        "now": now,
        "tabs": alert_tabs.tabs(request, cluster, "alerts", now),
        "watch": watch,
        "late_seconds": alert_words.judged_late(watch, now) if alert.ended_at is None else None,
        "alert": alert,
        "line": line,
        "state": state(alert),
        "besides": besides(line, state(alert)),
        "facts": _facts(alert, now),
        "life": life,
        "changes": [change(event, alert) for event in life.changes],
        "failures": attempt("failures", lambda: _failures(cluster, alert, now)),
        "sent": alert_past.told_of(alert.pk, MOST_TOLD),
        "definition": BY_KEY.get(alert.rule.key),
        "may_act": role(request) >= Role.OPERATOR,
    }
    return render(request, "pages/alert.html", context)


def _failures(cluster: Cluster, alert: Alert, now: datetime) -> list[Row]:
    """Those of its node that went on while it did, or shortly before."""
    if not alert.host:
        return []
    over = Window("", alert.pending_since - BEFORE, alert.ended_at or now, 60)
    return incidents.on_host(cluster, alert.host, over, now)


def state(alert: Alert) -> Mark:
    """What it is now, whoever has it: a silence hides messages, never states."""
    if alert.ended_at is not None:
        return Mark("good", "Resolved")
    if alert.state == Alert.State.PENDING:
        return Mark("note", "Pending")
    if alert.unknown_since is not None:
        return Mark("unk", "No data")
    return SEVERITY[Severity(alert.severity)]


def besides(line: Line, state: Mark) -> list[Mark]:
    """What else is said of its state: who has it or keeps it quiet, no data, flapping."""
    said = [line.state, *line.notes]
    return [mark for mark in said if mark not in SEVERITY.values() and mark.word != state.word]


def change(event: Event, alert: Alert) -> Change:
    word = event.after or "Ended"
    severity = next((mark.mark for mark in SEVERITY.values() if mark.word.lower() in word.lower()), "")
    loud = SEVERITY[Severity(alert.severity)].mark if word.startswith("Firing") else "note"
    return Change(
        at=event.taken_at, mark=MARKS.get(word, severity or loud), word=word, before=event.before, by=event.by
    )


def _facts(alert: Alert, now: datetime) -> list[tuple[str, str]]:
    until = alert.ended_at or now
    values = [
        ("Value", in_words.value(alert.rule, alert.value)),
        ("Limit", limited(alert.rule, alert.limit)),
        ("Worst", in_words.value(alert.rule, alert.worst)),
    ]
    facts = [
        *(values if numbered(alert.rule) else []),
        ("Measured", figures.instant(alert.measured_at, now) if alert.measured_at else ""),
        ("Severity", alert.get_severity_display()),
        ("Pending since", figures.instant(alert.pending_since, now)),
        ("Fired", figures.instant(alert.fired_at, now) if alert.fired_at else ""),
        ("Critical since", figures.instant(alert.critical_at, now) if alert.critical_at else ""),
        ("Ended", figures.instant(alert.ended_at, now) if alert.ended_at else ""),
        ("Firing for", figures.duration(until - alert.fired_at) if alert.fired_at else ""),
        ("Told together by", alert.reason),
        ("Subject", alert.subject),
    ]
    return [(name, value) for name, value in facts if value and value != figures.ABSENT]
