"""The dead-man switch: Day Two says outside that it is well, and is silent when it is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import BoundedSemaphore

from dashboard.alerts import deliver, messages
from dashboard.alerts.channels import dead_man
from dashboard.models import Channel
from dashboard.queries import well
from dashboard.store import channel_turns

_ROUNDS = BoundedSemaphore(2)
"""Of a process at a time: while one waits for a switch that hangs, the next tells the others."""


def beat(clock: Callable[[], datetime]) -> int:
    """Tell each dead-man switch whose time has come that all is well; how many took it. None is told when it is not.

    Taking its turn is a write, so that a database that takes none is silence too.
    """
    if not _ROUNDS.acquire(blocking=False):
        return 0
    try:
        return _beat(clock)
    finally:
        _ROUNDS.release()


def _beat(clock: Callable[[], datetime]) -> int:
    now = clock()
    due = channel_turns.to_beat(now)
    if not due:
        return 0
    if why := well.why_not(now):
        channel_turns.hold_back([channel.pk for channel in due], why)
        return 0
    mine = [channel for channel in due if channel_turns.claim_beat(channel, now)]
    return deliver.side_by_side([_try(channel, clock()) for channel in mine], clock)


def _try(channel: Channel, now: datetime) -> deliver.Try:
    return deliver.Try(channel, now, deliver.begun(channel, messages.of_channel(channel, now), now, dead_man.send))
