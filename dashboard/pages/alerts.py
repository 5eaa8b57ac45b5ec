"""Alerts: what fires and who has it, what is close to firing, what fired in the past week, what was told to whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from dashboard.models import Alert, Cluster, Watch
from dashboard.models.rules import Severity
from dashboard.pages import alert_near, alert_past, alert_tabs, alert_words, paging
from dashboard.pages.access import role
from dashboard.pages.alert_rows import STANDINGS, Line, Setting, filter_query, lines, of_alert
from dashboard.pages.blocks import attempt
from dashboard.queries import alert_counts, alert_list, alert_told
from dashboard.queries.alert_list import Standing, Wanted
from dashboard.roles import Role

ROWS, SINGLY = 60, 100
"""Rows a page, each of which may show three alerts; and alerts a page where each is a row."""
LONGEST_TEXT, LONGEST_KEY = 200, 128
MESSAGES = 5
PAST = timedelta(days=7)
STATES = (
    (Standing.FIRING, "Nobody has it"),
    *((standing, STANDINGS[standing].word) for standing in Standing if standing != Standing.FIRING),
)


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    wanted = asked_for(request.GET)
    watch = Watch.objects.filter(cluster=cluster).first()
    summed = alert_counts.summed(cluster)
    watching = alert_counts.watching(cluster, alert_words.DECK)
    context = {
        "cluster": cluster,
        "now": now,
        "tabs": alert_tabs.tabs(request, cluster, "alerts", now),
        "watch": watch,
        "late_seconds": alert_words.judged_late(watch, now),
        "summed": summed,
        "watching": watching,
        "first": alert_words.first(summed),
        "rest": alert_words.rest(summed, watching),
        "wanted": wanted,
        "states": STATES,
        "severities": Severity.choices,
        "ended": None if any(summed.by_standing.values()) else alert_list.last_ended(cluster),
        "filtered": not wanted.everything,
        "asked": filter_query(wanted),
        "shown": attempt("alerts", lambda: _listed(cluster, wanted, request.GET.get("page", ""), now)),
        "near": attempt("close to firing", lambda: alert_near.near(cluster, now)),
        "past": attempt("past alerts", lambda: alert_past.past(cluster, now, PAST)),
        "sent": attempt("told", lambda: alert_past.told(cluster, MESSAGES)),
        "may_act": role(request) >= Role.OPERATOR,
    }
    return render(request, "pages/alerts.html", context)


def asked_for(asked: QueryDict) -> Wanted:
    """The filter in an address; a word that is none is as if it were not there."""
    stands, severity, reason = asked.get("as", ""), asked.get("severity", ""), asked.get("reason")
    return Wanted(
        rule=asked.get("rule", "")[:LONGEST_KEY],
        reason=None if reason is None else reason[:LONGEST_KEY],
        standing=stands if stands in set(Standing) else "",
        severity=severity if severity in set(Severity) else "",
        host=asked.get("node", "")[:255],
        text=asked.get("q", "")[:LONGEST_TEXT],
    )


def _listed(cluster: Cluster, wanted: Wanted, asked_page: str, now: datetime) -> dict[str, Any]:
    """The list of the page: one rule's alerts each by itself, else those of one rule and reason together."""
    if wanted.rule:
        return _singly(cluster, wanted, asked_page, now)
    rows = alert_list.rows(cluster, wanted)
    table = paging.cut(rows, asked_page, _others(wanted), most=ROWS)
    shown = alert_list.with_alerts(cluster, table.rows, wanted)
    groups = {alert.group_id for row in shown for alert in row.alerts if alert.group_id}
    drawn = lines(Setting(cluster, now, alert_told.by_group(groups)), shown)
    return {"table": table, "noun": "groups of alerts", "alerts": sum(row.count for row in rows), **_apart(drawn)}


def _singly(cluster: Cluster, wanted: Wanted, asked_page: str, now: datetime) -> dict[str, Any]:
    found = alert_list.singly(cluster, wanted)
    count = found.count()
    places = paging.cut(range(count), asked_page, _others(wanted), most=SINGLY)
    alerts: list[Alert] = list(found[places.first - 1 : places.last])
    told = alert_told.by_group({alert.group_id for alert in alerts if alert.group_id})
    drawn = [of_alert(Setting(cluster, now, told), alert) for alert in alerts]
    return {"table": replace(places, rows=range(len(alerts))), "noun": "alerts", "alerts": count, **_apart(drawn)}


def _apart(drawn: list[Line]) -> dict[str, list[Line]]:
    """Pending ones are no alerts yet: they are shown by themselves."""
    pending = STANDINGS[Standing.PENDING]
    return {
        "lines": [line for line in drawn if line.state != pending],
        "pending": [line for line in drawn if line.state == pending],
    }


def _others(wanted: Wanted) -> dict[str, str]:
    said = {"rule": wanted.rule, "as": wanted.standing, "severity": wanted.severity, "node": wanted.host}
    return {**said, "q": wanted.text, **({} if not wanted.reason else {"reason": wanted.reason})}
