"""The second channel: told what the first has not taken for five minutes."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from dashboard.hostile_text import visible
from dashboard.models import Channel, Notice, NoticeLine
from dashboard.store.notices import new_key
from dashboard.store.outbox import owed, reached
from dashboard.store.upserts import upsert

AFTER = timedelta(minutes=5)
MOST_AT_ONCE = 50


def stand_in(now: datetime) -> int:
    """Owe to second channels what first ones have not taken for five minutes, each notice once; how many.

    Not what the second channel was told anyway. At most fifty at a time, the oldest first.
    """
    return sum(_stand_in(pk, now) for pk in _waiting(now).order_by("pk").values_list("pk", flat=True)[:MOST_AT_ONCE])


def _waiting(now: datetime) -> QuerySet[Notice]:
    told_anyway = Notice.objects.filter(
        channel=OuterRef("channel__backup"),
        group=OuterRef("group"),
        kind=OuterRef("kind"),
        created_at=OuterRef("created_at"),
    )
    taken_over = Notice.objects.filter(stands_in_for=OuterRef("pk"))
    late = owed().filter(reached("created_at", now - AFTER, AFTER), stands_in_for=None, channel__backup__enabled=True)
    able = late.exclude(kind=Notice.Kind.TEST).exclude(channel__backup__kind=Channel.Kind.DEAD_MAN)
    return able.exclude(channel__backup=F("channel")).filter(~Exists(told_anyway), ~Exists(taken_over))


@transaction.atomic
def _stand_in(pk: int, now: datetime) -> int:
    """One notice more, unless the first was sent or taken over meanwhile: its row is locked."""
    first = owed().select_for_update().filter(pk=pk).first()
    if first is None or Notice.objects.filter(stands_in_for=first).exists():
        return 0
    names = Channel.objects.filter(pk=first.channel_id).values_list("name", "backup_id").first()
    if names is None or names[1] is None:
        return 0
    second = _copy(first, names[0], names[1], now)
    second.save()
    lines = list(NoticeLine.objects.filter(notice=first))
    for line in lines:
        line.pk, line.notice = None, second
    upsert(lines, unique=("notice", "position"), update=("state",))
    return 1


def _copy(first: Notice, name: str, backup_id: int, now: datetime) -> Notice:
    """The same message under its own key, in the thread that its group has on the second channel."""
    shown = visible(name, one_line=True)
    return Notice(
        channel_id=backup_id,
        cluster_id=first.cluster_id,
        group_id=first.group_id,
        kind=first.kind,
        severity=first.severity,
        key=new_key(),
        thread=f"{first.thread.rpartition('-')[0]}-{backup_id}",
        subject=first.subject,
        text=f"{first.text}Told here because the channel {shown} has not taken it for {AFTER.seconds // 60} min.\n",
        alerts=first.alerts,
        created_at=now,
        next_at=now,
        stands_in_for=first,
    )
