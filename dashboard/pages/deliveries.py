"""The delivery log: each notice, what it said, each try to send it; and those that were given up, to be tried again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard import csv_file, figures
from dashboard.models import Attempt, Channel, Cluster, Notice
from dashboard.pages import alert_past, alert_tabs
from dashboard.pages.access import role
from dashboard.pages.sorting import query
from dashboard.queries import notices
from dashboard.queries.marks import Mark
from dashboard.queries.notices import Entry, Log, Total
from dashboard.roles import Role
from dashboard.store import outbox

STATES = {"owed": ("Owed", "warn"), "sent": ("Sent", "good"), "dead": ("Given up", "bad")}
HERE = "here"
"""Only notices of the cluster whose page it is, without tests."""
MOST_IN_CSV = 5_000
LONGEST_NUMBER = 18
COLUMNS = (
    *("owed_at", "cluster", "channel", "channel_kind", "kind", "severity", "subject", "alerts", "state", "sent_at"),
    *("given_up_at", "tries", "last_try_at", "last_try_seconds", "last_outcome", "last_detail", "key"),
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A filter; anything that is not on a list is as if it was not asked for."""

    state: str
    channel: Channel | None
    here: bool
    before: int | None

    @property
    def parameters(self) -> dict[str, str]:
        return {
            "state": self.state,
            "channel": str(self.channel.pk) if self.channel else "",
            "of": HERE if self.here else "",
        }


@dataclass(frozen=True, kw_only=True)
class Line:
    """A notice as its row shows it."""

    entry: Entry
    result: Mark
    when: str
    tries: list[tuple[Attempt, str]]
    took: float | None
    """Seconds of its last try."""
    may_retry: bool


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked, known = _asked(request.GET), list(Channel.objects.order_by("name").only("name"))
    log, total = _log(cluster, asked), _total(cluster, asked)
    parameters = asked.parameters
    context = {
        "cluster": cluster,
        "now": now,
        "tabs": alert_tabs.tabs(request, cluster, "deliveries", now),
        "asked": asked,
        "known": known,
        "choices": _choices(parameters, asked, total),
        "total": total,
        "said": total.in_words(now),
        "lines": [_line(entry, now) for entry in log.entries],
        "filtered": any(parameters.values()),
        "newest": query(parameters) if asked.before else "",
        "older": query({**parameters, "before": str(log.older)}) if log.older else "",
        "dead": query({**parameters, "state": "dead"}),
        "csv": f"{reverse('deliveries_csv', args=[cluster.name])}{query(parameters)}",
        "back": query(parameters),
        "may_act": role(request) >= Role.OPERATOR,
    }
    return render(request, "pages/deliveries.html", context)


def _asked(asked: QueryDict) -> Asked:
    state, channel = asked.get("state", ""), _number(asked.get("channel", ""))
    return Asked(
        state=state if state in STATES else "",
        channel=Channel.objects.filter(pk=channel).first() if channel else None,
        here=asked.get("of") == HERE,
        before=_number(asked.get("before", "")),
    )


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER else None


def _log(cluster: Cluster, asked: Asked, rows: int = notices.ROWS) -> Log:
    of = cluster if asked.here else None
    return notices.log(channel=asked.channel, cluster=of, state=asked.state, before=asked.before, rows=rows)


def _total(cluster: Cluster, asked: Asked) -> Total:
    return notices.total(channel=asked.channel, cluster=cluster if asked.here else None)


def _choices(parameters: dict[str, str], asked: Asked, total: Total) -> list[dict[str, object]]:
    """What was sent is not counted: there are years of it."""
    counts = {"owed": total.owed, "dead": total.dead}
    named = [("", "All", ""), *((state, word, mark) for state, (word, mark) in STATES.items())]
    return [
        {
            "word": word,
            "href": query({**parameters, "state": state}),
            "current": state == asked.state,
            "count": counts.get(state),
            "state": mark,
        }
        for state, word, mark in named
    ]


def _line(entry: Entry, now: datetime) -> Line:
    notice = entry.notice
    return Line(
        entry=entry,
        result=_result(notice),
        when=_when(notice, now),
        tries=[(one, notices.outcome_in_words(one.outcome, one.detail)) for one in entry.tries],
        took=next((one.seconds for one in entry.tries if one.outcome != Attempt.RETRY_ASKED), None),
        may_retry=entry.state != "sent" and notice.kind != Notice.Kind.TEST,
    )


def _result(notice: Notice) -> Mark:
    if notice.kind == Notice.Kind.TEST and notice.sent_at is None and notice.dead_at is not None:
        return Mark("bad", "Not delivered")
    return alert_past.result(notice)


def _when(notice: Notice, now: datetime) -> str:
    """When it was sent or given up, or what it waits for."""
    if notice.sent_at is not None:
        return f"after {figures.duration(notice.sent_at - notice.created_at)}"
    if notice.dead_at is not None:
        return figures.instant(notice.dead_at, now)
    waited = f"for {figures.duration(now - notice.created_at)}"
    if not notice.channel.enabled:
        return f"{waited}: its channel is off"
    if notice.next_at > now:
        return f"{waited}, next try in {figures.duration(notice.next_at - now)}"
    return waited


@require_POST
def retry(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """Take up again the one whose number is pressed, or, with `all`, those that the page listed as given up."""
    assert isinstance(request.user, User)
    get_object_or_404(Cluster, name=cluster_name)
    named = request.POST.getlist("shown")[: notices.ROWS] if "all" in request.POST else request.POST.getlist("notice")
    numbers = [number for number in map(_number, named) if number is not None]
    count = outbox.retry_all(numbers, request.user, timezone.now())
    if count:
        taken, their = ("is", "its channel is") if count == 1 else ("are", "their channels are")
        said = f"{figures.counted(count, 'notice')} {taken} taken up again, for 24 h: {their} tried at once."
        messages.success(request, said)
    else:
        messages.error(request, "Nothing was taken up again: it has been sent meanwhile, or is gone.")
    back = _asked(QueryDict(request.POST.get("back", "")[:200].lstrip("?"))).parameters
    return redirect(f"{reverse('deliveries', args=[cluster_name])}{query(back)}")


def table(request: HttpRequest, cluster_name: str) -> HttpResponseBase:
    """The log as the filter shows it, all pages together: the newest 5,000, a line each with its last try."""
    cluster = get_object_or_404(Cluster, name=cluster_name)
    entries = _log(cluster, _asked(request.GET), rows=MOST_IN_CSV).entries
    return csv_file.response(f"{cluster.name}-deliveries.csv", COLUMNS, _cells(entries))


def _cells(entries: Iterable[Entry]) -> Iterator[list[csv_file.Cell]]:
    for entry in entries:
        notice, last = entry.notice, next(iter(entry.tries), None)
        yield [
            figures.iso(notice.created_at),
            notice.cluster.name if notice.cluster else "",
            notice.channel.name,
            notice.channel.kind,
            notice.kind,
            notice.severity,
            notice.subject,
            notice.alerts,
            entry.state,
            _iso(notice.sent_at),
            _iso(notice.dead_at if notice.sent_at is None else None),
            notice.attempts,
            _iso(last.at if last else None),
            round(last.seconds, 3) if last else None,
            last.outcome if last else None,
            last.detail if last else None,
            notice.key,
        ]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else figures.iso(moment)
