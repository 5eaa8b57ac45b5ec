"""Who has what is wrong: failures that are open and alerts that fire, each with who took it and what can be done from here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from dashboard import figures
from dashboard.models import Alert, Incident
from dashboard.models.rules import Severity
from dashboard.pages.alert_rows import MANY, ONE, SEVERITIES, filter_query, silence_words
from dashboard.queries import what_fires
from dashboard.queries.alert_list import Standing, Wanted
from dashboard.queries.alerts_now import Firing
from dashboard.queries.incident_rows import Row
from dashboard.queries.marks import Mark
from dashboard.queries.verdict_facts import Facts

SHOWN = 5
LONGEST_WHY = 500
ON_A_NODE = (Incident.About.AGENT, Incident.About.MASTER)


@dataclass(frozen=True, kw_only=True)
class Line:
    """A failure or an alert. Its `text` is the cluster's; `whose` is empty while nobody has it."""

    mark: Mark
    text: str
    href: str
    word: str
    """What the link opens: Open incident, Open alert."""
    since: datetime
    whose: str
    take_href: str
    """Where taking it is posted; empty where it is taken, or is a thing of somebody else's."""
    take: dict[str, str]
    """What is posted there."""
    take_word: str
    silence: dict[str, str]
    """What a silence of one hour posts; empty where nothing of it could be silenced."""


@dataclass(frozen=True, kw_only=True)
class Owners:
    lines: tuple[Line, ...]
    """Those that nobody has first, failures before alerts, at most SHOWN."""
    more: int
    silenced: int
    """Alerts that fire and are silenced or explained by another: of those nobody is told."""
    told: bool
    """Whether there is a channel: without one nobody is told of anything."""


def owners(facts: Facts, now: datetime) -> Owners:
    """No query: the verdict asked for all of it."""
    failed = [row for row in facts.incidents if not row.planned]
    loud = [one for one in facts.alerts if one.standing in (Standing.FIRING, Standing.ACKNOWLEDGED)]
    name = facts.cluster.name
    lines = [*(_of_incident(row, name) for row in failed), *(_of_alert(one, name, now) for one in loud)]
    ranked = sorted(lines, key=lambda line: bool(line.whose))
    return Owners(
        lines=tuple(ranked[:SHOWN]),
        more=len(ranked) - min(len(ranked), SHOWN),
        silenced=sum(one.count for one in facts.alerts) - sum(one.count for one in loud),
        told=facts.judging.told,
    )


def _of_incident(row: Row, cluster_name: str) -> Line:
    text = f"{row.kind_word} {row.name}" + (f": {row.effect}" if row.effect else "")
    host = row.subject.partition(":")[0] if row.about in ON_A_NODE else ""
    return Line(
        mark=Mark("bad", row.kind_word),
        text=text,
        href=reverse("incident", args=[cluster_name, row.number]),
        word="Open incident",
        since=row.began_at,
        whose=row.taken_by,
        take_href="" if row.taken_by else reverse("incident_act", args=[cluster_name, row.number]),
        take={"do": "take"},
        take_word="Take",
        silence=_silence(silence_words(node=host), text) if host and not row.taken_by else {},
    )


def _of_alert(one: Firing, cluster_name: str, now: datetime) -> Line:
    alert, taken = one.newest, one.standing == Standing.ACKNOWLEDGED
    text = what_fires.sentence(one)
    words = {"rule": alert.rule.key, "node": alert.host if one.count == 1 else ""}
    wanted = Wanted(rule=alert.rule.key, reason=alert.reason, standing=one.standing, severity=alert.severity)
    address = filter_query(wanted)
    pick = f"{ONE}{alert.pk}" if one.count == 1 else f"{MANY}{address.removeprefix('?')}"
    single, many = reverse("alert", args=[cluster_name, alert.pk]), f"{reverse('alerts', args=[cluster_name])}{address}"
    return Line(
        mark=SEVERITIES[Severity(alert.severity)],
        text=text,
        href=single if one.count == 1 else many,
        word="Open alert" if one.count == 1 else "Open alerts",
        since=one.since,
        whose=_whose(alert, now) if taken else "",
        take_href="" if taken else reverse("alerts_act", args=[cluster_name]),
        take={"one": f"acknowledge:{pick}", "back": pick if one.count == 1 else address},
        take_word="Acknowledge",
        silence={} if taken else _silence(silence_words(**words), text),
    )


def _whose(alert: Alert, now: datetime) -> str:
    who = alert.acknowledged_by.get_username() if alert.acknowledged_by else "somebody who has left"
    return f"{who}, {figures.ago(now - alert.acknowledged_at)}" if alert.acknowledged_at else who


def _silence(what: str, text: str) -> dict[str, str]:
    """As the form of silences is filled in: from now on for an hour, told at its end if it still fires."""
    why = f"From Now: {text}"[:LONGEST_WHY]
    return {"what": what, "kind": "silence", "begins": "now", "ends": "1 h", "why": why, "tell": "on"}
