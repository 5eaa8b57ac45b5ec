"""What a notice says, in plain text: no template, so that nothing a cluster said is ever looked at as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from django.conf import settings

from dashboard import figures
from dashboard.amounts import amount
from dashboard.hostile_text import visible
from dashboard.models import Alert, Cluster, Notice, Rule

LONGEST_SUBJECT = 255
HEADS = {
    Notice.Kind.PROBLEM: "{severity}",
    Notice.Kind.MORE: "MORE {severity}",
    Notice.Kind.WORSE: "NOW {severity}",
    Notice.Kind.RECOVERY: "RESOLVED",
    Notice.Kind.NO_DATA: "NO DATA",
    Notice.Kind.FLAPPING: "FLAPPING",
    Notice.Kind.REMINDER: "STILL {severity}",
    Notice.Kind.TEST: "TEST",
}


@dataclass(frozen=True)
class Told:
    subject: str
    """One line of at most 255 characters, without a line break or any other invisible character."""
    text: str


def told(
    kind: Notice.Kind,
    severity: str,
    cluster: Cluster,
    rule: Rule,
    worst: Sequence[Alert],
    *,
    count: int,
    unit: str,
    holders: Mapping[int, str],
    now: datetime,
) -> Told:
    """What is told of `count` alerts of a rule, of which `worst` are spelled out; `holders` are users' names by key."""
    head = HEADS[kind].format(severity=severity.upper())
    what = _in_short(kind, rule, worst, count)
    first = [f"{head} on {cluster.name}", visible(f"{rule.key} {rule.name}", one_line=True)]
    first[-1] += f": {figures.counted(count, 'alert')}"
    rate = rule.own and rule.measure == Rule.Measure.RATE
    # A rule of the catalogue without a unit only holds or does not: its number is none.
    amounts = partial(amount, unit=unit, rate=rate) if unit or rule.own else None
    lines = [_line(position, alert, amounts, holders) for position, alert in enumerate(worst, 1)]
    rest = [f"and {figures.count(count - len(worst))} more"] if count > len(worst) else []
    last = [f"Told at {_moment(now)} by Day Two.", *_link(cluster, worst if count == 1 else ())]
    parts = ["\n".join(first), "\n\n".join([*lines, *rest]), "\n".join(last)]
    return Told(subject_line(f"{head} {cluster.name}: {what}"), plain("\n\n".join(parts)) + "\n")


def _in_short(kind: Notice.Kind, rule: Rule, worst: Sequence[Alert], count: int) -> str:
    """What a locked telephone shows of it: the beginning counts."""
    if count == 1:
        return worst[0].sentence
    many = f"{figures.count(count)} × {rule.name}"
    return many if kind == Notice.Kind.RECOVERY else f"{many}, worst: {worst[0].sentence}"


def subject_line(text: str) -> str:
    """The text as the subject of a message."""
    return plain(visible(text, one_line=True))[:LONGEST_SUBJECT]


def alerts_url(cluster_name: str) -> str:
    """Where the alerts of a cluster are seen; empty where nobody said under which address Day Two is reached."""
    return f"{settings.PUBLIC_URL}/c/{cluster_name}/alerts/" if settings.PUBLIC_URL else ""


def _line(position: int, alert: Alert, amounts: Callable[[float], str] | None, holders: Mapping[int, str]) -> str:
    facts = [
        f"node {alert.host}" if alert.host else "",
        f"value {amounts(alert.value)}" if amounts and alert.value is not None else "",
        f"limit {amounts(alert.limit)}" if amounts and alert.limit is not None else "",
        f"{alert.severity} since {_moment(alert.fired_at or alert.pending_since)}",
        f"ended {_moment(alert.ended_at)}" if alert.ended_at else "",
        f"no data since {_moment(alert.unknown_since)} {alert.unknown_why}".strip() if alert.unknown_since else "",
        "" if alert.ended_at else _holder(alert, holders),
    ]
    told = visible(", ".join(fact for fact in facts if fact), one_line=True)
    return f"{position}. {visible(alert.sentence, one_line=True)}\n   {told}"


def _holder(alert: Alert, holders: Mapping[int, str]) -> str:
    if alert.acknowledged_at is None:
        return "nobody has it"
    return f"{holders.get(alert.acknowledged_by_id or 0, 'somebody')} has it"


def _link(cluster: Cluster, only: Sequence[Alert]) -> list[str]:
    """To the alert itself where the notice is about one, which has a number once it is kept."""
    url = alerts_url(cluster.name)
    number = next((f"{alert.pk}/" for alert in only if alert.pk), "")
    return [f"{url}{number}"] if url else []


def _moment(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y %H:%M:%S} UTC"


def plain(text: str) -> str:
    """Mail and chat programs break lines as they like: figures need no characters to hold them together there."""
    return text.replace(figures.NO_BREAK, " ")
