"""Connecting the first cluster, or another one: nothing is kept before its endpoints have been tried."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from dashboard import connecting
from dashboard.connecting import Trial
from dashboard.models import Cluster
from dashboard.pages.connection_form import ConnectionForm
from dashboard.queries import marks


def page(request: HttpRequest) -> HttpResponse:
    form = ConnectionForm(request.POST or None, request.FILES or None)
    trial = None
    if form.is_valid():
        trial = connecting.try_out(form.target)
        if may_keep(request, trial):
            cluster = connecting.keep(form.connection(), timezone.now())
            return redirect("now", cluster_name=cluster.name)
    if request.headers.get("HX-Request"):
        return render(request, "parts/trial.html", {"form": form, "trial": lines(trial)})
    first = not Cluster.objects.exists()
    return render(request, "pages/connect.html", {"form": form, "trial": lines(trial), "first": first})


def may_keep(request: HttpRequest, trial: Trial) -> bool:
    """Whether the operator asked to keep it and it can be used, or was told that it cannot and still wants it."""
    wish = request.POST.get("do")
    return wish == "anyway" or (wish == "connect" and trial.usable)


def lines(trial: Trial | None) -> dict[str, object] | None:
    """A trial for the template: its lines with their marks, and how many answered."""
    if trial is None:
        return None
    return {
        "usable": trial.usable,
        "answered": trial.answered,
        "asked": len(trial.probes),
        "lines": [(marks.outcome(probe.outcome), probe) for probe in trial.probes],
    }
