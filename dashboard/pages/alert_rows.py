"""The rows of lists of alerts: what fires where, since when, how far, who was told, who has it, and what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from dashboard import figures
from dashboard.alerts import in_words
from dashboard.alerts.rules import BY_KEY
from dashboard.models import Alert, Cluster, Rule, Severity
from dashboard.pages import alert_where
from dashboard.pages.sorting import query
from dashboard.queries.alert_list import Row, Standing, Wanted, standing
from dashboard.queries.alert_told import Told
from dashboard.queries.marks import SEVERITY, Mark

SEVERITIES = SEVERITY
STANDINGS = {
    Standing.ACKNOWLEDGED: Mark("mute", "Acknowledged"),
    Standing.SILENCED: Mark("mute", "Silenced"),
    Standing.INHIBITED: Mark("mute", "Explained"),
    Standing.PENDING: Mark("note", "Pending"),
}
NOBODY = Mark("unk", "Nobody has it")
ONE, MANY = "a", "g"
"""How the value of a row's box begins: of one alert its number follows, of a group the filter that shows it."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One row. Texts of the cluster are in `title`, `where`, `why` and `note`."""

    id: str
    pick: str
    css: str
    title: str
    href: str
    why: str
    """Under the title: which rule, or what is known besides."""
    rule: Rule
    rule_href: str
    where: str
    where_href: str
    state: Mark
    notes: tuple[Mark, ...]
    since: datetime
    value: str
    limit: str
    measured_at: datetime | None
    told: tuple[str, ...]
    who: Mark | None
    """None where somebody or something has it: then `whose` says who."""
    whose: str
    whose_href: str
    note: str
    can_take: bool
    can_give_back: bool
    silence_href: str
    silence_word: str


@dataclass(frozen=True)
class Setting:
    """What all rows of a list share."""

    cluster: Cluster
    now: datetime
    told: Mapping[int, list[Told]]
    """Group of alerts → who was told of it."""


def lines(setting: Setting, rows: Iterable[Row]) -> list[Line]:
    """Alerts by themselves where a row has few, else one line for all of them."""
    found: list[Line] = []
    for row in rows:
        if row.single:
            found += (of_alert(setting, alert) for alert in row.alerts)
        else:
            found.append(of_group(setting, row))
    return found


def of_alert(setting: Setting, alert: Alert) -> Line:
    stands, (where, where_href) = standing(alert), alert_where.where(setting.cluster.name, alert)
    return Line(
        id=f"{ONE}{alert.pk}",
        pick=f"{ONE}{alert.pk}",
        title=alert.sentence,
        href=_address("alert", setting, alert.pk),
        why=alert.inhibited_by or (alert.unknown_why if alert.unknown_since else ""),
        where=where,
        where_href=where_href,
        notes=_notes(alert, setting.now),
        since=alert.fired_at or alert.pending_since,
        value=in_words.value(alert.rule, alert.value) if numbered(alert.rule) else "",
        limit=limited(alert.rule, alert.limit),
        measured_at=alert.measured_at,
        note=alert.note,
        silence_href=silence_href(setting.cluster, rule=alert.rule.key, node=alert.host),
        silence_word="Silence",
        **_shared(setting, alert.rule, stands, Severity(alert.severity)),
        **_whose(setting, alert, stands),
        told=_told(setting, alert.group_id, stands),
    )


def of_group(setting: Setting, row: Row) -> Line:
    address = filter_query(row.wanted)
    names = ", ".join(alert.name or alert.host or alert.subject for alert in row.alerts)
    return Line(
        id=f"{MANY}{row.alerts[0].pk if row.alerts else row.rule.pk}",
        pick=f"{MANY}{address.removeprefix('?')}",
        title=f"{row.rule.name}: {figures.counted(row.count, 'alert')}{f', {row.reason}' if row.reason else ''}",
        href=address,
        why=f"the newest: {names}",
        where="",
        where_href="",
        notes=(Mark("unk", f"{figures.count(row.unknown)} without data"),) if row.unknown else (),
        since=row.since,
        value=figures.counted(row.count, "alert"),
        limit=limited(row.rule, row.rule.critical if row.severity == Severity.CRITICAL else row.rule.warning),
        measured_at=None,
        note="",
        silence_href=silence_href(setting.cluster, rule=row.rule.key, severity=row.severity),
        # Of the whole rule, not of this reason alone: there is no word for a reason.
        silence_word=f"Silence {row.rule.key}",
        **_shared(setting, row.rule, row.standing, row.severity),
        who=NOBODY if row.standing == Standing.FIRING else None,
        whose=STANDINGS[row.standing].word if row.standing != Standing.FIRING else "",
        whose_href=_address("silences", setting) if row.standing == Standing.SILENCED else "",
        told=_told(setting, row.alerts[0].group_id if row.alerts else None, row.standing),
    )


def _shared(setting: Setting, rule: Rule, stands: Standing, severity: Severity) -> dict[str, Any]:
    looks = {Severity.CRITICAL: "r-bad", Severity.WARNING: "r-warn"}
    loud, quiet = stands == Standing.FIRING, stands == Standing.PENDING
    return {
        "rule": rule,
        "rule_href": _address("rule", setting, rule.key),
        "state": SEVERITY[severity] if loud else STANDINGS[stands],
        "css": looks[severity] if loud else "" if quiet else "r-mute",
        "can_take": stands not in (Standing.ACKNOWLEDGED, Standing.PENDING),
        "can_give_back": stands == Standing.ACKNOWLEDGED,
    }


def _notes(alert: Alert, now: datetime) -> tuple[Mark, ...]:
    """What is said of its state besides: its severity where that is not its state, no data, flapping, nearly over."""
    notes = []
    if standing(alert) not in (Standing.FIRING, Standing.PENDING):
        notes.append(SEVERITY[Severity(alert.severity)])
    if alert.unknown_since:
        notes.append(Mark("unk", f"No data since {figures.instant(alert.unknown_since, now)}"))
    if alert.flapping:
        notes.append(Mark("warn", "Flapping"))
    if alert.recovering_since:
        notes.append(Mark("note", f"Recovering since {figures.instant(alert.recovering_since, now)}"))
    return tuple(notes)


def _whose(setting: Setting, alert: Alert, stands: Standing) -> dict[str, Any]:
    """Who has it; a silence is somebody's, too."""
    who, whose, href = None, "", ""
    if stands == Standing.ACKNOWLEDGED and alert.acknowledged_at:
        by = alert.acknowledged_by.get_username() if alert.acknowledged_by else "somebody who has left"
        whose = f"{by} since {figures.instant(alert.acknowledged_at, setting.now)}"
    elif stands == Standing.SILENCED and alert.silence:
        whose = f"{alert.silence.by} until {figures.instant(alert.silence.ends_at, setting.now)}"
        href = f"{_address('silences', setting)}#silence-{alert.silence.pk}"
    elif stands == Standing.INHIBITED:
        whose = "nobody is told: another alert explains it"
    elif stands == Standing.FIRING:
        who = NOBODY
    return {"who": who, "whose": whose, "whose_href": href}


def _told(setting: Setting, group_id: int | None, stands: Standing) -> tuple[str, ...]:
    told = setting.told.get(group_id or 0, [])
    said = tuple(_telling(one, setting.now) for one in told)
    return said or (("not yet",) if stands == Standing.PENDING else ("nobody",))


def _telling(told: Told, now: datetime) -> str:
    if told.owed_since:
        return f"{told.channel}: owed since {figures.instant(told.owed_since, now)}"
    if told.sent_at:
        return f"{told.channel}, {figures.instant(told.sent_at, now)}"
    return f"{told.channel}: given up"


def numbered(rule: Rule) -> bool:
    """Whether its values say anything to a reader: some rules only hold or do not."""
    definition = BY_KEY.get(rule.key)
    return definition is None or bool(definition.unit)


def limited(rule: Rule, limit: float | None) -> str:
    """A limit as a condition: "above 90 %", "at least 2"; empty for none."""
    if limit is None or not numbered(rule):
        return ""
    return f"{comparison(rule)} {in_words.value(rule, limit)}"


def comparison(rule: Rule) -> str:
    """How a value is compared with a limit."""
    definition = BY_KEY.get(rule.key)
    if definition is not None and definition.inclusive:
        return "at least" if rule.comparison == Rule.Comparison.ABOVE else "at most"
    return rule.get_comparison_display()


def filter_query(wanted: Wanted) -> str:
    """The filter as an address on the page of alerts."""
    said = {
        "rule": wanted.rule,
        "as": wanted.standing,
        "severity": wanted.severity,
        "node": wanted.host,
        "q": wanted.text,
    }
    address = query(said)
    return address if wanted.reason is None else f"{address}&{urlencode({'reason': wanted.reason})}"


def silence_href(cluster: Cluster, **words: str) -> str:
    """The form of a new silence, filled in with what is to be silenced."""
    address = reverse("silences", kwargs={"cluster_name": cluster.name})
    return f"{address}?{urlencode({'what': silence_words(**words)})}#new"


def silence_words(**words: str) -> str:
    """What a silence of these is matched with; words without a value are left out."""
    return " ".join(f"{word}:{_quoted(value)}" for word, value in words.items() if value)


def _quoted(value: str) -> str:
    """As `matching` reads a value with a blank or a comma in it."""
    plain = value.replace('"', "")
    return f'"{plain}"' if any(letter.isspace() or letter == "," for letter in plain) else plain


def _address(name: str, setting: Setting, *rest: object) -> str:
    return reverse(name, args=[setting.cluster.name, *rest])
