"""Channels: who is told of alerts, how each fares, what waits for it; switched on and off, tried and deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard import figures
from dashboard.alerts import deliver
from dashboard.alerts.deliver import Ended
from dashboard.hostile_text import visible
from dashboard.models import Channel, Cluster, Severity
from dashboard.pages import alert_tabs, paging
from dashboard.pages.access import role
from dashboard.pages.blocks import attempt
from dashboard.queries import notices, told_whom
from dashboard.queries.notices import ChannelState, outcome_in_words
from dashboard.queries.told_whom import Standing
from dashboard.roles import Role
from dashboard.store import channels

ROWS = 100


@dataclass(frozen=True, kw_only=True)
class Line:
    """A channel as its row shows it; `owed_state` is what of the log to look at, empty where nothing is owed."""

    state: ChannelState
    fares: Standing
    told: str
    owed: str
    owed_state: str


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    states = notices.channels()
    table = paging.cut(states, request.GET.get("page", ""), {}, most=ROWS)
    known = [state.channel for state in states]
    context = {
        "cluster": cluster,
        "now": now,
        "tabs": alert_tabs.tabs(request, cluster, "channels", now),
        "said": _said(states, now),
        "nobody": told_whom.nobody(known),
        "table": table,
        "rows": [_line(state, now) for state in table.rows],
        "only": attempt("rules that tell only some", lambda: told_whom.only_some(cluster)),
        "beats": any(one.enabled and one.kind == Channel.Kind.DEAD_MAN for one in known),
        "links": bool(settings.PUBLIC_URL),
        "may_act": role(request) >= Role.OPERATOR,
        "may_change": role(request) >= Role.ADMIN,
    }
    return render(request, "pages/channels.html", context)


def _said(states: list[ChannelState], now: datetime) -> str:
    """How many are told, how many of them fail, and what is owed to all."""
    told = [one.channel for one in states if told_whom.told_of_alerts(one.channel)]
    failing = sum(channel.failures_in_row > 0 for channel in told)
    parts = [f"{figures.counted(len(told), 'channel')} {'is' if len(told) == 1 else 'are'} told of alerts"]
    if failing:
        parts.append(f"{figures.count(failing)} of them {'fails' if failing == 1 else 'fail'} now")
    oldest = [one.total.oldest_at for one in states if one.total.oldest_at]
    owed = notices.Total(
        owed=sum(one.total.owed for one in states),
        oldest_at=min(oldest, default=None),
        dead=sum(one.total.dead for one in states),
    )
    return f"{', '.join(parts)}; {owed.in_words(now)}."


def _line(state: ChannelState, now: datetime) -> Line:
    total = state.total
    beats = state.channel.kind == Channel.Kind.DEAD_MAN
    return Line(
        state=state,
        fares=told_whom.standing(state.channel, now),
        told=_told(state.channel),
        owed="no notices" if beats else total.in_words(now),
        owed_state="owed" if total.owed else "dead" if total.dead else "",
    )


def _told(channel: Channel) -> str:
    if channel.kind == Channel.Kind.DEAD_MAN:
        return f"that all is well, every {figures.duration(channel.beat_seconds)}"
    return "critical only" if channel.least_severity == Severity.CRITICAL else "warning and critical"


@require_POST
def switch(request: HttpRequest, cluster_name: str, number: int) -> HttpResponse:
    """`set` is on or off."""
    get_object_or_404(Cluster, name=cluster_name)
    channel, way = get_object_or_404(Channel, pk=number), request.POST.get("set", "")
    if way not in ("on", "off"):
        messages.error(request, "Nothing was changed. Say whether to switch it on or off.")
    else:
        channels.set_enabled(channel, way == "on")
        became = "is on" if way == "on" else "is off: nothing new is owed to it, what is owed waits, for 24 h at most"
        messages.success(request, f"{visible(channel.name, one_line=True)} {became}.")
    return redirect("channels", cluster_name)


@require_POST
def delete(request: HttpRequest, cluster_name: str, number: int) -> HttpResponse:
    """With its notices and their log; its name must be typed."""
    get_object_or_404(Cluster, name=cluster_name)
    channel = get_object_or_404(Channel, pk=number)
    name = visible(channel.name, one_line=True)
    if request.POST.get("confirm", "").strip() != channel.name:
        messages.error(request, f"Nothing was deleted: type {name} to confirm.")
        return redirect("channel", cluster_name, number)
    channels.delete(channel)
    messages.success(request, f"{name} was deleted with its notices and their log.")
    return redirect("channels", cluster_name)


@require_POST
def test(request: HttpRequest, cluster_name: str, number: int) -> HttpResponse:
    """Send a test here and now, within the deadline of a try, and say how it ended."""
    get_object_or_404(Cluster, name=cluster_name)
    channel = get_object_or_404(Channel, pk=number)
    ended = deliver.test(channel, timezone.now)
    tell = messages.success if ended.taken else messages.error
    tell(request, _ended(channel, ended))
    return redirect("channels", cluster_name)


def _ended(channel: Channel, ended: Ended) -> str:
    """Test of on-call pager: delivered in 0.21 s — answered 200."""
    how = "delivered" if ended.taken else "not delivered"
    preposition = "in" if ended.taken else "after"
    seen = ended.detail if ended.taken else outcome_in_words(ended.outcome, ended.detail)
    said = f"Test of {channel.name}: {how} {preposition} {figures.took(ended.seconds)}"
    return visible(f"{said} — {seen}" if seen else said, one_line=True)
