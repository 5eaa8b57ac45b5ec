"""What an operator does with alerts, one or many at a time: take them with a note, give them back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard import figures
from dashboard.models import Alert, Cluster
from dashboard.pages.alert_rows import MANY, ONE, filter_query
from dashboard.pages.alerts import asked_for
from dashboard.queries import alert_list
from dashboard.store import alerts

MOST = 20_000
"""So many alerts may be changed by one press."""
MOST_DIGITS = 15
DONE = {"acknowledge": "You have {}.", "give_back": "Nobody has {} any more."}


@require_POST
def act(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """`one` is a button of a row ("acknowledge:a12"), else `do` is what is done with all that are chosen (`pick`)."""
    cluster = get_object_or_404(Cluster, name=cluster_name)
    what, _, one = request.POST.get("one", "").partition(":")
    what, picked = (what, [one]) if what else (request.POST.get("do", ""), request.POST.getlist("pick"))
    if what not in DONE or not picked:
        messages.error(request, "Nothing was changed: choose at least one alert.")
        return redirect(_back(request, cluster))
    chosen = _chosen(cluster, picked)
    try:
        count = _change(what, chosen, request)
        messages.success(request, DONE[what].format(figures.counted(count, "alert")))
    except ValidationError as error:
        messages.error(request, f"Nothing was changed. {' '.join(error.messages)}")
    return redirect(_back(request, cluster))


def _change(what: str, chosen: list[Alert], request: HttpRequest) -> int:
    """In portions that a statement can hold. ValidationError where nothing could be changed."""
    assert isinstance(request.user, User)
    user, note, now = request.user, request.POST.get("note", ""), timezone.now()
    ways: dict[str, Callable[[list[Alert]], int]] = {
        "acknowledge": lambda some: alerts.acknowledge(some, user, note, now),
        "give_back": lambda some: alerts.give_back(some, user, now),
    }
    count, refused = 0, ValidationError("None of them is open any more.")
    for first in range(0, len(chosen), alerts.AT_ONCE):
        try:
            count += ways[what](chosen[first : first + alerts.AT_ONCE])
        except ValidationError as error:
            refused = error
    if not count:
        raise refused
    return count


def _chosen(cluster: Cluster, picked: Iterable[str]) -> list[Alert]:
    """The alerts that boxes stand for: one, or all that a filter shows now. Each once; those that have ended are left out."""
    ids = [int(one[1:]) for one in picked if one.startswith(ONE) and _is_id(one[1:])]
    found = {alert.pk: alert for alert in alert_list.open_alerts(cluster).filter(pk__in=ids[:MOST])}
    for one in picked:
        if one.startswith(MANY):
            wanted = asked_for(QueryDict(one[1:]))
            if wanted.rule and len(found) < MOST:
                found |= {alert.pk: alert for alert in alert_list.open_alerts(cluster, wanted)[:MOST]}
    return list(found.values())


def _is_id(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS


def _back(request: HttpRequest, cluster: Cluster) -> str:
    """Where it was pressed: the page of one alert, else the list as it was filtered. Never anywhere else."""
    back = request.POST.get("back", "")
    if back.startswith(ONE) and _is_id(back[1:]):
        return reverse("alert", args=[cluster.name, int(back[1:])])
    asked = asked_for(QueryDict(back.removeprefix("?")))
    return reverse("alerts", args=[cluster.name]) + filter_query(asked)
