"""Notices on their way: what is owed is leased, sent by all channels side by side, and marked.

Only this module's own thread touches the database; a thread of each channel waits for its receiver. So one that hangs costs the
others nothing, and itself one try: its next ones wait (store/outbox.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass, field
from datetime import datetime
from threading import BoundedSemaphore

import structlog
from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError

from dashboard.alerts import messages
from dashboard.alerts.channels import CHANNELS
from dashboard.alerts.channels.sending import Call, Message, NotTaken, Receiver
from dashboard.models import Channel, Notice
from dashboard.store import outbox, sealing, stand_ins
from dashboard.store.outbox import Tried

log = structlog.get_logger("daytwo.deliver")

Clock = Callable[[], datetime]

MOST_NOTICES = 500
MOST_CHANNELS = 32
PASS_SECONDS = 15.0
"""A pass begins nothing new after so long; what was begun then ends within the deadline of a try."""
MOST_PASSES = 4
"""Of a process at a time, however many receivers hang: its other threads are for polls."""


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How one try ended, before it is written down."""

    outcome: str
    detail: str
    seconds: float
    taken: bool = False
    receiver_failed: bool = False

    def tried(self, started_at: datetime) -> Tried:
        return Tried(
            started_at=started_at,
            seconds=self.seconds,
            outcome=self.outcome,
            detail=self.detail,
            taken=self.taken,
            receiver_failed=self.receiver_failed,
        )


@dataclass
class Pass:
    """What one pass has in the air."""

    clock: Clock
    pool: ThreadPoolExecutor
    left: int
    ends_at: float
    flying: dict[Future[Ended], tuple[Notice, datetime]] = field(default_factory=dict)
    sent: int = 0

    def begin(self, channel_id: int) -> None:
        """The channel's next notice, if there is one and time for it."""
        if self.left <= 0 or time.monotonic() >= self.ends_at:
            return
        try:
            notice = outbox.claim(channel_id, self.clock())
            if notice is None:
                return
            self.left -= 1
            started_at = self.clock()
            receiver = CHANNELS[notice.channel.kind]
            send = begun(notice.channel, messages.of_notice(notice), started_at, receiver)
            self.flying[self.pool.submit(send)] = notice, started_at
        except (DatabaseError, ObjectDoesNotExist) as error:
            # Busy, or deleted meanwhile. What is in the air is marked all the same; a lease ends by itself.
            log.warning("notice not begun", channel=channel_id, reason=str(error))

    def land(self) -> None:
        """Write down what has ended, and go on with the channels that took something or refused only that."""
        done, _ = wait(self.flying, return_when=FIRST_COMPLETED)
        for future in done:
            notice, started_at = self.flying.pop(future)
            ended = future.result()
            self.sent += ended.taken
            try:
                outbox.settle(notice, ended.tried(started_at), self.clock())
            except DatabaseError as error:
                # Its lease ends by itself; what was sent and is not marked is sent again with the same key.
                log.warning("notice not marked", notice=notice.pk, reason=str(error))
                continue
            if not ended.receiver_failed:
                self.begin(notice.channel_id)


_PASSES = BoundedSemaphore(MOST_PASSES)


def send_due(clock: Clock, *, limit: int = MOST_NOTICES) -> int:
    """Send what is due, at most `limit` notices; how many were taken. Any number of passes may be asked for at the same time:
    where so many are under way in this process, the next one is soon enough."""
    if not _PASSES.acquire(blocking=False):
        return 0
    try:
        return _sent(clock, limit)
    finally:
        _PASSES.release()


def _sent(clock: Clock, limit: int) -> int:
    outbox.give_up(clock())
    stand_ins.stand_in(clock())
    channels = outbox.ready(clock(), MOST_CHANNELS)
    if not channels:
        return 0
    with ThreadPoolExecutor(max_workers=len(channels), thread_name_prefix="channel") as pool:
        turn = Pass(clock=clock, pool=pool, left=limit, ends_at=time.monotonic() + PASS_SECONDS)
        for channel_id in channels:
            turn.begin(channel_id)
        while turn.flying:
            turn.land()
    return turn.sent


@dataclass(frozen=True)
class Try:
    """One try of a channel that has no row in the outbox."""

    channel: Channel
    started_at: datetime
    send: Callable[[], Ended]


def side_by_side(tries: Sequence[Try], clock: Clock) -> int:
    """Make them at the same time, so that one that hangs delays no other, and note on each channel how it went; how many
    were taken."""
    if not tries:
        return 0
    taken = 0
    with ThreadPoolExecutor(max_workers=min(len(tries), MOST_CHANNELS), thread_name_prefix="channel") as pool:
        flying = {pool.submit(one.send): one for one in tries}
        for future in as_completed(flying):
            one, ended = flying[future], future.result()
            taken += ended.taken
            try:
                outbox.note_channel(one.channel, ended.tried(one.started_at), clock())
            except DatabaseError as error:
                log.warning("try not noted", channel=one.channel.pk, reason=str(error))
    return taken


def attempt(channel: Channel, message: Message, now: datetime, receiver: Receiver) -> Ended:
    """One try with this receiver, here and now."""
    return begun(channel, message, now, receiver)()


def begun(channel: Channel, message: Message, now: datetime, receiver: Receiver) -> Callable[[], Ended]:
    """One try, ready to be made in any thread: everything it needs of the database is in it."""
    try:
        call = messages.call(channel, now)
    except sealing.CannotOpen as error:
        lost = Ended(outcome="auth", detail=f"Its secret cannot be opened: {error}", seconds=0.0, receiver_failed=True)
        return lambda: lost
    return lambda: _attempted(receiver, call, message)


def _attempted(receiver: Receiver, call: Call, message: Message) -> Ended:
    """Whatever happens becomes an outcome."""
    began = time.monotonic()
    try:
        said = receiver(call, message)
    except NotTaken as error:
        took = time.monotonic() - began
        return Ended(outcome=error.outcome, detail=error.detail, seconds=took, receiver_failed=error.receiver_failed)
    except Exception as error:
        log.exception("notice not sent", channel=call.target, key=message.key)
        detail = f"{type(error).__name__} in Day Two"
        return Ended(outcome="internal_error", detail=detail, seconds=time.monotonic() - began, receiver_failed=True)
    return Ended(outcome="ok", detail=said, seconds=time.monotonic() - began, taken=True)


_TESTS = BoundedSemaphore(2)
"""Of a process at a time: whoever presses waits in a thread that serves pages."""


def test(channel: Channel, clock: Clock) -> Ended:
    """Send a test to this channel now, switched on or not, and say how it ended. It stands in the log, and is tried once."""
    if not _TESTS.acquire(blocking=False):
        return Ended(outcome="rate_limited", detail="Two other tests are under way: wait for their end", seconds=0.0)
    try:
        return _tested(channel, clock)
    finally:
        _TESTS.release()


def _tested(channel: Channel, clock: Clock) -> Ended:
    started_at = clock()
    if channel.kind == Channel.Kind.DEAD_MAN:
        ended = attempt(channel, messages.of_channel(channel, started_at), started_at, CHANNELS[channel.kind])
        outbox.note_channel(channel, ended.tried(started_at), clock())
    else:
        notice = outbox.owe_test(channel, started_at)
        ended = attempt(channel, messages.of_notice(notice), started_at, CHANNELS[channel.kind])
        outbox.settle(notice, ended.tried(started_at), clock())
        outbox.end_test(notice, clock())
    Channel.objects.filter(pk=channel.pk).update(tested_at=started_at)
    return ended
