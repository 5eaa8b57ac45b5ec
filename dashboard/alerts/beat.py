"""The dead-man switch: Day Two says outside that it is well, and is silent when it is not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from dashboard.alerts import deliver, messages
from dashboard.alerts.channels import dead_man
from dashboard.models import Channel
from dashboard.queries import well
from dashboard.store import channel_turns, outbox


def beat(clock: Callable[[], datetime]) -> int:
    """Tell each dead-man switch whose time has come that all is well; how many took it. None is told when it is not.

    Taking its turn is a write, so that a database that takes none is silence too.
    """
    now = clock()
    due = channel_turns.to_beat(now)
    if not due:
        return 0
    if why := well.why_not(now):
        channel_turns.hold_back([channel.pk for channel in due], why)
        return 0
    return sum(_beat(channel, clock) for channel in due if channel_turns.claim_beat(channel, now))


def _beat(channel: Channel, clock: Callable[[], datetime]) -> bool:
    started_at = clock()
    ended = deliver.attempt(channel, messages.of_channel(channel, started_at), started_at, dead_man.send)
    outbox.note_channel(channel, ended.tried(started_at), clock())
    return ended.taken
