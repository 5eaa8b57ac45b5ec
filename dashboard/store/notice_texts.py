"""What a notice says, in plain text: no template, so that nothing a cluster said is ever looked at as one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from dashboard import figures
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
    what = worst[0].sentence if count == 1 else f"{rule.name}: {figures.counted(count, 'alert')}"
    first = [f"{head} on {cluster.name}", visible(f"{rule.key} {rule.name}", one_line=True)]
    first[-1] += f": {figures.counted(count, 'alert')}"
    lines = [_line(position, alert, unit, holders) for position, alert in enumerate(worst, 1)]
    rest = [f"and {figures.count(count - len(worst))} more"] if count > len(worst) else []
    last = [f"Told at {_moment(now)} by Day Two.", *_link(cluster)]
    parts = ["\n".join(first), "\n\n".join([*lines, *rest]), "\n".join(last)]
    return Told(subject_line(f"{head} {cluster.name}: {what}"), _plain("\n\n".join(parts)) + "\n")


def subject_line(text: str) -> str:
    """The text as the subject of a message."""
    return _plain(visible(text, one_line=True))[:LONGEST_SUBJECT]


def alerts_url(cluster_name: str) -> str:
    """Where the alerts of a cluster are seen; empty where nobody said under which address Day Two is reached."""
    return f"{settings.PUBLIC_URL}/c/{cluster_name}/alerts/" if settings.PUBLIC_URL else ""


AMOUNTS: Mapping[str, Callable[[float], str]] = {
    "": figures.exact,
    "ratio": figures.percent,
    "percent": lambda value: figures.percent(value / 100),
    "count": figures.count,
    "cores": figures.counted_cores,
    "bytes": figures.byte_size,
    "MiB": lambda value: figures.byte_size(value * 1024**2),
    "seconds": figures.duration,
    "s": figures.duration,
    "per_second": lambda value: f"{figures.exact(value)}/s",
}


def amount(value: float, unit: str) -> str:
    """A value of a rule in its unit, or the number with the unit behind it."""
    return AMOUNTS[unit](value) if unit in AMOUNTS else f"{figures.exact(value)} {unit}"


def _line(position: int, alert: Alert, unit: str, holders: Mapping[int, str]) -> str:
    facts = [
        f"node {alert.host}" if alert.host else "",
        f"value {amount(alert.value, unit)}" if alert.value is not None else "",
        f"limit {amount(alert.limit, unit)}" if alert.limit is not None else "",
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


def _link(cluster: Cluster) -> list[str]:
    url = alerts_url(cluster.name)
    return [url] if url else []


def _moment(moment: datetime) -> str:
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%b %Y %H:%M:%S} UTC"


def _plain(text: str) -> str:
    """Mail and chat programs break lines as they like: figures need no characters to hold them together there."""
    return text.replace(figures.NO_BREAK, " ")
