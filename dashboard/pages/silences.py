"""Silences: what is quiet until when and why, what a new one would do, and how one ends or comes again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from dashboard import figures, matching
from dashboard.charts import silence_lanes
from dashboard.models import Alert, Cluster, Severity, Silence, Watch
from dashboard.pages import alert_tabs, paging
from dashboard.pages.access import role
from dashboard.pages.alert_rows import STANDINGS
from dashboard.pages.silence_form import USUAL, SilenceForm
from dashboard.queries import alert_counts, alert_silences
from dashboard.queries.alert_list import Standing, standing
from dashboard.queries.alert_silences import Effect, Known, Phase
from dashboard.queries.marks import SEVERITY, Mark
from dashboard.roles import Role
from dashboard.store import silences

SHOWN = timedelta(days=30)
ROWS = 50
LONGEST = 500
"""Characters of a field that are put back into the form."""
PHASES = {
    Phase.ACTIVE: Mark("mute", "Active"),
    Phase.PLANNED: Mark("mute", "Planned"),
    Phase.ENDED: Mark("note", "Ended"),
}


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    asked, tried = _asked(request.GET), "do" in request.GET
    form = SilenceForm(asked, now=now)
    # What is wrong is told once it was sent; a form that is only filled in is not wrong yet.
    shown = form if tried else SilenceForm(None, now=now, filled=asked or USUAL)
    context = {"cluster": cluster, "now": now, "form": shown, **_previewed(cluster, form)}
    if request.headers.get("HX-Target") == "preview":
        return render(request, "parts/silence_preview.html", context)
    known = alert_silences.known(cluster, now, SHOWN)
    table = paging.cut(known, request.GET.get("page", ""), {}, most=ROWS)
    context |= {
        "tabs": alert_tabs.tabs(request, cluster, "silences", now),
        "watch": Watch.objects.filter(cluster=cluster).first(),
        "said": _said(cluster, known, now),
        "lanes": silence_lanes.drawn(known, now),
        "table": table,
        "rows": [(one, PHASES[one.phase], one.phase == Phase.ENDED) for one in table.rows],
        "tried": tried,
        "words": matching.WORDS,
        "may_act": role(request) >= Role.OPERATOR,
    }
    return render(request, "pages/silences.html", context)


def _asked(asked: QueryDict) -> dict[str, str] | None:
    """What the address says of a new silence, the rest as usual; None where it says nothing."""
    given = {name: str(asked[name]) for name in USUAL if name in asked}
    if not given:
        return None
    usual = {**USUAL, "tell": ""} if "ends" in given else USUAL
    return {**usual, **given}


def _previewed(cluster: Cluster, form: SilenceForm) -> dict[str, Any]:
    """What it would do, as far as what was typed can be read."""
    if not form.is_bound:
        return {"effect": None}
    form.full_clean()
    cleaned = getattr(form, "cleaned_data", {})
    if "what" not in cleaned:
        return {"effect": None, "unreadable": form.errors.get("what", [])}
    effect = alert_silences.effect(cluster, matching.parse(cleaned["what"]))
    until = cleaned.get("ends")
    return {
        "effect": effect,
        "effect_said": _effect_said(effect),
        "silent_mark": Mark("mute", f"Silent until {figures.instant(until, form.now)}" if until else "Silent"),
        "others": [(alert, _goes_on(alert)) for alert in effect.others],
        "more": effect.firing - len(effect.covered) - len(effect.others),
        "planned": bool(cleaned.get("begins") and cleaned["begins"] > form.now),
    }


def _goes_on(alert: Alert) -> Mark:
    """What becomes of one that it does not cover: as before."""
    if (stands := standing(alert)) != Standing.FIRING:
        return STANDINGS[stands]
    mark = SEVERITY[Severity(alert.severity)]
    return Mark(mark.mark, "Still wakes someone" if mark.mark == "bad" else "Still told")


def _effect_said(effect: Effect) -> tuple[str, str]:
    """The answer, and what becomes of the others."""
    if not effect.firing:
        return "No alert fires that it could keep quiet", "; it would hold for those to come."
    if not effect.silent:
        return "Nothing that fires now would fall silent", f": {figures.counted(effect.firing, 'alert')} would go on."
    strong = f"{figures.count(effect.silent)} of {figures.counted(effect.firing, 'firing alert')} would fall silent"
    left = effect.firing - effect.silent
    if not left:
        return strong, ": nothing that fires now would be told any more."
    return strong, f", {'the other goes' if left == 1 else f'the other {figures.count(left)} go'} on."


def _said(cluster: Cluster, known: list[Known], now: datetime) -> str:
    active = [one for one in known if one.phase == Phase.ACTIVE]
    planned = sorted((one for one in known if one.phase == Phase.PLANNED), key=lambda one: one.silence.begins_at)
    parts = [f"{figures.count(len(active))} active" if active else "None is active"]
    if planned:
        parts.append(
            f"{figures.count(len(planned))} planned, the next for {figures.instant(planned[0].silence.begins_at, now)}"
        )
    quiet = alert_counts.summed(cluster).by_standing[Standing.SILENCED]
    if not quiet:
        return f"{', '.join(parts)}. Nothing that fires now is silenced."
    fire, are = ("fires", "is") if quiet == 1 else ("fire", "are")
    return f"{', '.join(parts)}. {figures.counted(quiet, 'alert')} that {fire} now {are} silenced."


@require_POST
def new(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """What is wrong is told on the page that has the form, which the address fills in again."""
    assert isinstance(request.user, User)
    cluster, now = get_object_or_404(Cluster, name=cluster_name), timezone.now()
    form, trying = SilenceForm(request.POST, now=now), request.POST.get("do") == "preview"
    if form.is_valid() and not trying:
        try:
            _keep(cluster, form.cleaned_data, request.user, now)
            messages.success(request, "Kept: nobody is told of what it covers. Pages go on showing every state.")
            return redirect("silences", cluster_name=cluster.name)
        except ValidationError as error:
            messages.error(request, f"Nothing was silenced. {' '.join(error.messages)}")
    given = {name: request.POST.get(name, "")[:LONGEST] for name in USUAL}
    address = reverse("silences", kwargs={"cluster_name": cluster.name})
    return redirect(f"{address}?{urlencode(given if trying else {**given, 'do': 'silence'})}#new")


def _keep(cluster: Cluster, said: dict[str, Any], user: User, now: datetime) -> None:
    silences.create(
        cluster,
        matcher=said["what"],
        why=said["why"],
        begins_at=said["begins"],
        ends_at=said["ends"],
        user=user,
        now=now,
        kind=said["kind"],
        tell_at_end=said["tell"],
    )


@require_POST
def end(request: HttpRequest, cluster_name: str, number: int) -> HttpResponse:
    """End one early, or cancel one that is planned; `do=repeat` makes one that is over again, from now on."""
    assert isinstance(request.user, User)
    silence = get_object_or_404(Silence.objects.select_related("cluster"), cluster__name=cluster_name, pk=number)
    try:
        if request.POST.get("do") == "repeat":
            silences.repeat(silence, request.user, timezone.now())
            messages.success(request, "Repeated: it holds from now on for as long as before.")
        else:
            silences.end(silence, request.user, timezone.now())
            messages.success(request, "Ended: what still fires is told with the next evaluation, if it should be.")
    except ValidationError as error:
        messages.error(request, f"Nothing was changed. {' '.join(error.messages)}")
    return redirect("silences", cluster_name=cluster_name)
