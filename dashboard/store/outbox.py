"""The outbox: a notice is leased, sent, then marked, so that it is lost by nobody's death and doubled by few (house, D13).

A row is claimed by a conditional UPDATE that takes a lease and raises the fence; what its attempt ended with is written only
while the fence stands. Any number of senders, in threads or processes, on any database, do each other no harm.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from collectors.errors import LONGEST_DETAIL
from dashboard.hostile_text import visible
from dashboard.models import Attempt, Channel, Notice
from dashboard.store.notices import new_key

LEASE = timedelta(seconds=30)
KEPT_TRYING = timedelta(hours=24)
NOTICE_WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 120, 300, 540))
"""After the first, second … try of a notice, the last for all further ones: below ten minutes, so that what waits has been
sent ten minutes after its receiver came back."""
CHANNEL_WAITS = tuple(timedelta(seconds=seconds) for seconds in (10, 30, 60, 120))
"""After the first, second … failure of a receiver nothing is tried there for so long, however much waits."""
MOST_RACES = 5
CLOCKS_DIFFER = timedelta(minutes=1)
"""Between two machines, at most."""


@dataclass(frozen=True, kw_only=True)
class Tried:
    """How a try to send ended."""

    started_at: datetime
    seconds: float
    outcome: str
    detail: str = ""
    taken: bool = False
    receiver_failed: bool = False
    """Whether another notice would have fared no better; False: it was this notice that was refused."""


def reached(field: str, now: datetime, longest: timedelta) -> Q:
    """Whether a moment set at most `longest` ahead has come; or lies further ahead, which it does once the clock was set back."""
    return Q(**{f"{field}__lte": now}) | Q(**{f"{field}__gt": now + longest + CLOCKS_DIFFER})


def owed() -> QuerySet[Notice]:
    """Neither sent nor given up."""
    return Notice.objects.filter(sent_at=None, dead_at=None)


def _free(now: datetime) -> Q:
    return Q(lease_until=None) | reached("lease_until", now, LEASE)


def well(now: datetime, channel: str = "") -> Q:
    """Whether the channel did not fail just now; `channel` leads to it, such as channel__."""
    return Q(**{f"{channel}waits_until": None}) | reached(f"{channel}waits_until", now, CHANNEL_WAITS[-1])


def _next_in_line(now: datetime) -> QuerySet[Notice]:
    """What may be sent now: of each thread only the oldest, so that a recovery never overtakes its problem."""
    older = owed().filter(thread=OuterRef("thread"), pk__lt=OuterRef("pk"))
    return owed().filter(_free(now), ~Exists(older), reached("next_at", now, NOTICE_WAITS[-1]))


def ready(now: datetime, most: int) -> list[int]:
    """Channels that something may be sent to, those first that were not tried for longest. One query."""
    waiting = _next_in_line(now).filter(channel=OuterRef("pk"))
    found = Channel.objects.filter(well(now), Exists(waiting), enabled=True)
    return list(found.order_by(F("last_tried_at").asc(nulls_first=True), "pk").values_list("pk", flat=True)[:most])


def claim(channel_id: int, now: datetime) -> Notice | None:
    """Lease the channel's next notice; None where nothing is due, its rate is used up, or it failed meanwhile."""
    for _ in range(MOST_RACES):
        due = _next_in_line(now).filter(channel_id=channel_id, channel__enabled=True)
        found = due.filter(well(now, "channel__")).order_by("pk").first()
        if found is None:
            return None
        with transaction.atomic():
            if not _lease(found, now):
                continue
            if _may_probe(channel_id, now) and _take_token(channel_id, now):
                return Notice.objects.select_related("channel", "cluster", "group__rule").get(pk=found.pk)
            transaction.set_rollback(True)
            return None
    return None


def _lease(notice: Notice, now: datetime) -> bool:
    mine = owed().filter(_free(now), pk=notice.pk, fence=notice.fence)
    return bool(mine.update(fence=F("fence") + 1, attempts=F("attempts") + 1, lease_until=now + LEASE))


def _may_probe(channel_id: int, now: datetime) -> bool:
    """Whether the channel is well, or, having failed, is asked by nobody else at this moment."""
    failed = Channel.objects.filter(pk=channel_id, failures_in_row__gt=0)
    return bool(failed.filter(well(now)).update(waits_until=now + LEASE)) or not failed.exists()


def _take_token(channel_id: int, now: datetime) -> bool:
    """One message of the channel's rate, by compare-and-set: a bucket of `per_minute` that fills in a minute."""
    for _ in range(MOST_RACES):
        channel = Channel.objects.only("per_minute", "tokens", "tokens_at").get(pk=channel_id)
        since = channel.tokens_at or now
        if since - now > CLOCKS_DIFFER:
            since = now  # the clock was set back
        tokens = float(channel.per_minute)
        if channel.tokens_at is not None:
            passed = max(0.0, (now - since).total_seconds())
            tokens = min(tokens, channel.tokens + passed * channel.per_minute / 60)
        if tokens < 1:
            return False
        unchanged = Channel.objects.filter(pk=channel_id, tokens=channel.tokens, tokens_at=channel.tokens_at)
        if unchanged.update(tokens=tokens - 1, tokens_at=max(now, since)):
            return True
    return False


@transaction.atomic
def settle(notice: Notice, tried: Tried, now: datetime) -> bool:
    """Write down how a try ended; False where the lease had passed to another sender, who then decides."""
    mine = owed().filter(pk=notice.pk, fence=notice.fence)
    outcome, detail = tried.outcome[:24], tried.detail[:LONGEST_DETAIL]
    Attempt.objects.create(notice=notice, at=tried.started_at, seconds=tried.seconds, outcome=outcome, detail=detail)
    note_channel(notice.channel, tried, now)
    if tried.taken:
        return bool(mine.update(sent_at=now, lease_until=None))
    return bool(mine.update(next_at=now + wait_after(notice.attempts), lease_until=None))


def wait_after(attempts: int) -> timedelta:
    """How long a notice waits that was tried so often."""
    return NOTICE_WAITS[min(max(attempts, 1), len(NOTICE_WAITS)) - 1]


def note_channel(channel: Channel, tried: Tried, now: datetime) -> None:
    """What the last try says of the channel, read before it began. When it is well again, all that waits is due at once.

    Several senders who fail at the same time are one failure: each found the same number of them.
    """
    mine = Channel.objects.filter(pk=channel.pk)
    outcome, detail = tried.outcome[:24], tried.detail[:LONGEST_DETAIL]
    mine.update(last_tried_at=tried.started_at, last_outcome=outcome, last_detail=detail)
    if tried.taken:
        mine.update(last_sent_at=now)
    if tried.receiver_failed:
        before = channel.failures_in_row
        wait = CHANNEL_WAITS[min(before, len(CHANNEL_WAITS) - 1)]
        since = {} if before else {"failing_since": tried.started_at}
        mine.filter(failures_in_row=before).update(failures_in_row=before + 1, waits_until=now + wait, **since)
    elif mine.filter(failures_in_row__gt=0).update(failures_in_row=0, failing_since=None, waits_until=None):
        owed().filter(channel_id=channel.pk, next_at__gt=now).update(next_at=now)


def give_up(now: datetime) -> int:
    """Put on the list of the dead what could not be sent for 24 h; how many.

    Not what nobody tried while its channel is well: Day Two itself did not run, and it has its try first.
    """
    late = Q(gives_up_at__lte=now) | Q(gives_up_at=None, created_at__lte=now - KEPT_TRYING)
    in_vain = Q(attempts__gt=0) | Q(channel__enabled=False) | Q(channel__failures_in_row__gt=0)
    doomed = owed().filter(_free(now), late, in_vain).values_list("pk", flat=True)
    return owed().filter(_free(now), pk__in=list(doomed[:500])).update(dead_at=now, lease_until=None)


def retry_now(notice: Notice, user: User, now: datetime) -> bool:
    """The same of one notice; False where it has been sent."""
    return retry_all([notice.pk], user, now) == 1


@transaction.atomic
def retry_all(notices: Collection[int], user: User, now: datetime) -> int:
    """Take notices up again for another 24 h, on channels that are tried at once; how many had not been sent.

    Who asked stands in the log of their attempts. Tests are not among them: they are sent anew. Four queries.
    """
    unsent = Notice.objects.select_for_update().filter(pk__in=notices, sent_at=None).exclude(kind=Notice.Kind.TEST)
    found = dict(unsent.values_list("pk", "channel_id"))
    unsent.update(dead_at=None, next_at=now, gives_up_at=now + KEPT_TRYING)
    Channel.objects.filter(pk__in=set(found.values())).update(waits_until=None)
    asked = {"at": now, "seconds": 0.0, "outcome": Attempt.RETRY_ASKED, "detail": f"by {user.get_username()}"}
    Attempt.objects.bulk_create(Attempt(notice_id=pk, **asked) for pk in found)
    return len(found)


def owe_test(channel: Channel, now: datetime) -> Notice:
    """A test for this channel, leased to the caller."""
    key, name = new_key(), visible(channel.name, one_line=True)
    return Notice.objects.create(
        channel=channel,
        kind=Notice.Kind.TEST,
        severity=channel.least_severity,
        key=key,
        thread=f"test-{key}",
        subject=f"TEST of the channel {name}"[:255],
        text=f"This is a test. The channel {name} of Day Two works: notices of alerts arrive where this arrived.\n",
        created_at=now,
        next_at=now,
        lease_until=now + LEASE,
        fence=1,
        attempts=1,
    )


def end_test(notice: Notice, now: datetime) -> None:
    """A test that was not taken is not tried again."""
    owed().filter(pk=notice.pk).update(dead_at=now, lease_until=None)
