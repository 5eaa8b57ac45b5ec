"""What fired in the past days by rule, and the last messages: how Alerts and a rule's page show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard.charts import alert_strip
from dashboard.charts.strip import Block
from dashboard.models import Cluster, Notice
from dashboard.queries import alert_history, alert_told
from dashboard.queries.alert_history import History, Past
from dashboard.queries.alert_told import Message
from dashboard.queries.marks import Mark

MOST_RULES = 12


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """One rule's past: its strip, and the strip in a sentence."""

    past: Past
    blocks: list[Block]
    says: str


@dataclass(frozen=True, kw_only=True)
class Lived:
    """The rules that fired, those that did longest first; `more` are not shown."""

    history: History
    rules: list[Drawn]
    more: int


def past(cluster: Cluster, now: datetime, within: timedelta) -> Lived:
    found = alert_history.by_rule(cluster, now, within)
    return Lived(
        history=found,
        rules=[drawn(one, now - within, now) for one in found.past[:MOST_RULES]],
        more=max(0, len(found.past) - MOST_RULES),
    )


def drawn(one: Past, begins_at: datetime, now: datetime) -> Drawn:
    return Drawn(past=one, blocks=alert_strip.blocks(one, begins_at, now), says=alert_strip.says(one))


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One message with its result: delivered, at which try, waiting, or given up."""

    message: Message
    result: Mark


def told(cluster: Cluster, limit: int) -> list[Sent]:
    return [Sent(message=one, result=result(one.notice)) for one in alert_told.latest(cluster, limit)]


def told_of(alert_id: int, limit: int) -> list[Sent]:
    """The same of one alert."""
    return [Sent(message=one, result=result(one.notice)) for one in alert_told.about(alert_id, limit)]


def result(notice: Notice) -> Mark:
    if notice.dead_at is not None and notice.sent_at is None:
        return Mark("bad", "Given up")
    if notice.sent_at is None:
        return Mark("warn", "Owed") if notice.attempts else Mark("unk", "Waiting")
    return Mark("good", "Delivered") if notice.attempts <= 1 else Mark("warn", f"At try {notice.attempts}")
