"""Alertmanager told again what fires: it holds for resolved what it has not heard of for a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby

from dashboard.alerts import deliver, messages
from dashboard.alerts.channels import alertmanager
from dashboard.alerts.channels.sending import Call, Message
from dashboard.models import Alert, Channel
from dashboard.queries import told_alerts
from dashboard.store import channel_turns, outbox

EVERY = timedelta(minutes=1)


def refresh(clock: Callable[[], datetime]) -> int:
    """Tell each Alertmanager how the alerts are that it was told of; to how many. May be called as often as one likes."""
    return sum(_refresh(channel, clock) for channel in channel_turns.to_refresh(clock(), EVERY))


def _refresh(channel: Channel, clock: Callable[[], datetime]) -> bool:
    """One of them, unless it was told within the minute or has nothing to be told."""
    started_at = clock()
    if not channel_turns.claim_refresh(channel, started_at, EVERY):
        return False
    told = _messages(told_alerts.of_channel(channel, started_at), started_at)
    if not told:
        return False

    def send(call: Call, message: Message) -> str:
        return alertmanager.refresh(call, told)

    ended = deliver.attempt(channel, messages.of_channel(channel, started_at), started_at, send)
    outbox.note_channel(channel, ended.tried(started_at), clock())
    return ended.taken


def _messages(alerts: list[Alert], now: datetime) -> list[Message]:
    return [
        messages.of_group(group, of_group, now)
        for group, of_group in groupby(alerts, key=lambda alert: alert.group)
        if group is not None
    ]
