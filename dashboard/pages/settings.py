"""A cluster's connection: change it, replace its token, pause collecting, remove it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard import connecting
from dashboard.models import Cluster, Credential
from dashboard.pages import paces
from dashboard.pages.connect import lines, may_keep
from dashboard.pages.connection_form import ConnectionForm
from dashboard.store import clusters


def page(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster = get_object_or_404(Cluster, name=cluster_name)
    form = ConnectionForm(request.POST or None, request.FILES or None, stored=cluster, initial=_initial(cluster))
    trial = None
    if form.is_valid():
        trial = connecting.try_out(form.target)
        if may_keep(request, trial):
            connecting.keep(form.connection(), timezone.now(), cluster)
            messages.success(request, "The connection was saved.")
            return redirect("settings", cluster_name=cluster.name)
    template = "parts/trial.html" if request.headers.get("HX-Request") else "pages/settings.html"
    credential = Credential.objects.filter(cluster=cluster).first()
    context = {"cluster": cluster, "form": form, "trial": lines(trial), "credential": credential}
    context["periods"] = paces.lines(cluster)
    return render(request, template, context)


def _initial(cluster: Cluster) -> dict[str, str]:
    return {
        "url": cluster.url,
        "masters": "\n".join(cluster.master_urls.values_list("url", flat=True)),
        "marathons": "\n".join(cluster.marathon_urls.values_list("url", flat=True)),
    }


@require_POST
def pause(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster = get_object_or_404(Cluster, name=cluster_name)
    clusters.set_enabled(cluster, not cluster.enabled)
    messages.success(request, "Collecting goes on." if cluster.enabled else "Collecting is paused; figures stay.")
    return redirect("settings", cluster_name=cluster.name)


@require_POST
def remove(request: HttpRequest, cluster_name: str) -> HttpResponse:
    cluster = get_object_or_404(Cluster, name=cluster_name)
    if request.POST.get("confirm") != cluster.name:
        messages.error(request, f"Nothing was removed: type {cluster.name} to confirm.")
        return redirect("settings", cluster_name=cluster.name)
    clusters.remove(cluster)
    messages.success(request, f"{cluster_name} was removed with all its figures.")
    return redirect("clusters")
