"""Alertmanager told again what fires: it holds for resolved what it has not heard of for a while."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import groupby
from threading import BoundedSemaphore

from dashboard.alerts import deliver, messages
from dashboard.alerts.channels import alertmanager
from dashboard.alerts.channels.sending import Call, Message
from dashboard.models import Alert, Channel
from dashboard.queries import told_alerts
from dashboard.store import channel_turns

EVERY = timedelta(minutes=1)
_ROUNDS = BoundedSemaphore(2)
"""Of a process at a time: while one waits for an Alertmanager that hangs, the next tells the others."""


def refresh(clock: Callable[[], datetime]) -> int:
    """Tell each Alertmanager how the alerts are that it was told of; to how many. May be called as often as one likes."""
    if not _ROUNDS.acquire(blocking=False):
        return 0
    try:
        found = [_try(channel, clock()) for channel in channel_turns.to_refresh(clock(), EVERY)]
        return deliver.side_by_side([one for one in found if one is not None], clock)
    finally:
        _ROUNDS.release()


def _try(channel: Channel, now: datetime) -> deliver.Try | None:
    """One of them, unless it was told within the minute or has nothing to be told."""
    if not channel_turns.claim_refresh(channel, now, EVERY):
        return None
    told = _messages(told_alerts.of_channel(channel, now), now)
    if not told:
        return None

    def send(call: Call, message: Message) -> str:
        return alertmanager.refresh(call, told)

    return deliver.Try(channel, now, deliver.begun(channel, messages.of_channel(channel, now), now, send))


def _messages(alerts: list[Alert], now: datetime) -> list[Message]:
    return [
        messages.of_group(group, of_group, now)
        for group, of_group in groupby(alerts, key=lambda alert: alert.group)
        if group is not None
    ]
