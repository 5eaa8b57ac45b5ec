"""What was told to whom: the delivery log, what is still owed, what was given up, and how each channel fares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db.models import Count, Min, Prefetch, Q

from collectors.errors import Outcome
from dashboard import figures
from dashboard.models import AlertGroup, Attempt, Channel, Cluster, Notice
from dashboard.queries import reasons

OWED = Q(sent_at=None, dead_at=None)
GIVEN_UP = Q(sent_at=None, dead_at__isnull=False) & ~Q(kind=Notice.Kind.TEST)
STATES: Mapping[str, Q] = {"owed": OWED, "sent": Q(sent_at__isnull=False), "dead": GIVEN_UP}
"""What the log may be narrowed to."""
LEAD_TO_URL = frozenset({Channel.Kind.WEBHOOK, Channel.Kind.ALERTMANAGER, Channel.Kind.DEAD_MAN})
ROWS = 50
MOST_TRIES = 20
WORDS = {
    Outcome.OK: "taken",
    Outcome.NOT_FOUND: "nothing is there under this address",
    Outcome.FORBIDDEN: "the receiver forbids it",
    Outcome.WRONG_SHAPE: "it is not set up right",
    Attempt.REFUSED_BY_RECEIVER: "the receiver does not want this",
    Attempt.RETRY_ASKED: "taken up again",
    Channel.HELD_BACK: "held back",
}
"""Where a notice's outcome means something else than a poll's."""


@dataclass(frozen=True, kw_only=True)
class Total:
    """Of one channel, or of all. Tests that were not taken are not counted among the dead."""

    owed: int = 0
    oldest_at: datetime | None = None
    dead: int = 0

    def in_words(self, now: datetime) -> str:
        """42 waiting, oldest 3 h 10 min, 2 given up."""
        if self.oldest_at is None:
            waiting = "nothing waits"
        else:
            waiting = f"{figures.count(self.owed)} waiting, oldest {figures.duration(now - self.oldest_at)}"
        return f"{waiting}, {figures.count(self.dead)} given up" if self.dead else waiting


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A notice with its tries, the newest first and at most twenty."""

    notice: Notice
    tries: Sequence[Attempt]

    @property
    def state(self) -> str:
        if self.notice.sent_at is not None:
            return "sent"
        return "owed" if self.notice.dead_at is None else "dead"


@dataclass(frozen=True, kw_only=True)
class Log:
    entries: Sequence[Entry]
    older: int | None
    """What to ask `before` to see what comes after this page; None: nothing does."""


@dataclass(frozen=True, kw_only=True)
class ChannelState:
    channel: Channel
    """With its backup."""
    total: Total
    last: str
    """How the last try ended, in words."""

    @property
    def leads_to(self) -> str:
        """What anybody may see of where it leads. Some receivers are known by a key in the path of their URL, and whoever has
        that can write there: of a URL it is the server."""
        if self.channel.kind not in LEAD_TO_URL:
            return self.channel.target
        parts = urlsplit(self.channel.target)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def total(*, channel: Channel | None = None, cluster: Cluster | None = None) -> Total:
    """Over all channels and clusters, or of one; one query."""
    unsent = Notice.objects.filter(**_given(channel=channel, cluster=cluster), sent_at=None)
    return _total(unsent.aggregate(**_COUNTED))


def log(
    *,
    channel: Channel | None = None,
    cluster: Cluster | None = None,
    group: AlertGroup | None = None,
    state: str = "",
    before: int | None = None,
    rows: int = ROWS,
) -> Log:
    """Notices, the newest first, with channel, cluster, group and rule. Two queries. KeyError for a state not in STATES."""
    found = Notice.objects.filter(**_given(channel=channel, cluster=cluster, group=group, pk__lt=before))
    if state:
        found = found.filter(STATES[state])
    named = found.select_related("channel", "cluster", "group__rule").order_by("-pk")
    # Sliced in the database: a day of trying has two hundred.
    tries = Prefetch("tries", Attempt.objects.order_by("-at", "-pk")[:MOST_TRIES], to_attr="latest")
    notices = list(named.prefetch_related(tries)[: rows + 1])
    more = len(notices) > rows
    entries = [Entry(notice=notice, tries=notice.latest) for notice in notices[:rows]]
    return Log(entries=entries, older=notices[rows - 1].pk if more else None)


def _given(**asked: object) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value is not None}


def channels() -> list[ChannelState]:
    """Every channel by name, with what it owes and how it last fared; two queries."""
    counted = Notice.objects.filter(sent_at=None).order_by().values("channel_id").annotate(**_COUNTED)
    totals = {row["channel_id"]: _total(row) for row in counted}
    return [
        ChannelState(
            channel=channel,
            total=totals.get(channel.pk, Total()),
            last=outcome_in_words(channel.last_outcome, channel.last_detail),
        )
        for channel in Channel.objects.select_related("backup").order_by("name")
    ]


def outcome_in_words(outcome: str, detail: str = "") -> str:
    """How a try ended and what exactly was seen; before the first "not tried yet"."""
    if not outcome:
        return "not tried yet"
    words = WORDS.get(outcome) or reasons.WORDS.get(Outcome(outcome), outcome)
    return f"{words} — {detail}" if detail else words


_COUNTED = {
    "owed": Count("pk", filter=OWED),
    "oldest_at": Min("created_at", filter=OWED),
    "dead": Count("pk", filter=GIVEN_UP),
}


def _total(row: Mapping[str, object]) -> Total:
    owed, oldest_at, dead = row["owed"], row["oldest_at"], row["dead"]
    assert isinstance(owed, int) and isinstance(dead, int)
    return Total(owed=owed, oldest_at=oldest_at if isinstance(oldest_at, datetime) else None, dead=dead)
