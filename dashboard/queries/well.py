"""Whether Day Two itself is well: what its dead-man switch says outside."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q

from dashboard import figures
from dashboard.models import Cluster, Notice, Poll

EVALUATED_WITHIN = timedelta(seconds=60)
CLOCKS_DIFFER = timedelta(minutes=1)
"""Between two machines, at most; a moment further ahead was noted before the clock was set back, and says nothing."""
DISPATCHED_WITHIN = timedelta(minutes=5)
"""Longer than the slowest period a cluster's fastest source may have."""
SENT_WITHIN = timedelta(minutes=15)
"""Longer than any notice waits for its next try."""


def why_not(now: datetime) -> str:
    """Why Day Two is not well, as a sentence; empty while notices are sent, every cluster that is collected was judged in the
    past minute, and polls are handed to workers. Three queries."""
    if _unsent(now):
        return f"Notices have been owed for {figures.duration(SENT_WITHIN)} and nobody tries to send them"
    clusters = list(Cluster.objects.filter(enabled=True).order_by("name").values_list("name", "watch__evaluated_at"))
    for name, evaluated_at in clusters:
        if evaluated_at is None:
            return f"The rules of {name} have not been judged yet"
        if evaluated_at - now > CLOCKS_DIFFER:
            return f"The rules of {name} were last judged by a clock that was ahead of this one"
        if now - evaluated_at > EVALUATED_WITHIN:
            return f"The rules of {name} were last judged {figures.ago(now - evaluated_at)}"
    if not clusters:
        return ""
    sent_at = Poll.objects.exclude(sent_at=None).order_by("-pk").values_list("sent_at", flat=True).first()
    if sent_at is None or not -CLOCKS_DIFFER <= now - sent_at <= DISPATCHED_WITHIN:
        return "No poll was handed to a worker for five minutes"
    return ""


def _unsent(now: datetime) -> bool:
    """Whether something waits for channels that nobody has tried to tell anything. What a channel's rate holds back is not
    meant, nor what waits for a receiver that fails: these are tried all the time."""
    long_ago = now - SENT_WITHIN
    untried = Q(channel__last_tried_at=None) | Q(channel__last_tried_at__lte=long_ago)
    owed = Notice.objects.filter(sent_at=None, dead_at=None, created_at__lte=long_ago, channel__enabled=True)
    return owed.filter(untried).exclude(kind=Notice.Kind.TEST).exists()
