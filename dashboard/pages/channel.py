"""One channel: a new one by its kind, and one that is changed."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from dashboard.hostile_text import visible
from dashboard.models import Channel, Cluster
from dashboard.pages.channel_form import ABOUT, ChannelForm
from dashboard.store import channels


def new(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """First the kind, then its form; nothing is sent before somebody presses for a test."""
    cluster, kind = get_object_or_404(Cluster, name=cluster_name), request.GET.get("kind", "")
    if kind not in Channel.Kind.values:
        kinds = [(one, one.label, ABOUT[one]) for one in Channel.Kind]
        return render(request, "pages/channel_new.html", {**_frame(cluster, "New channel"), "kinds": kinds})
    form = ChannelForm(request.POST or None, kind=kind)
    if form.is_valid():
        made = _kept(form, None, timezone.now())
        if made is not None:
            messages.success(request, f"{_name(made)} is told from now on. Send it a test to see that it arrives.")
            return redirect("channels", cluster_name)
    title = f"New channel: {Channel.Kind(kind).label}"
    return render(request, "pages/channel.html", {**_frame(cluster, title), "form": form})


def page(request: HttpRequest, cluster_name: str, number: int) -> HttpResponse:
    cluster = get_object_or_404(Cluster, name=cluster_name)
    stored = get_object_or_404(Channel, pk=number)
    title = _name(stored)
    form = ChannelForm(request.POST or None, kind=stored.kind, stored=stored)
    if form.is_valid() and _kept(form, stored, timezone.now()) is not None:
        messages.success(request, f"{_name(stored)} was saved; what waits for it is tried at once.")
        return redirect("channels", cluster_name)
    context = {**_frame(cluster, title), "form": form, "now": timezone.now(), "stored": stored}
    context["kept_secret"] = stored.sealed is not None
    return render(request, "pages/channel.html", context)


def _kept(form: ChannelForm, stored: Channel | None, now: datetime) -> Channel | None:
    """The channel as given; None where the store refused it, which the form then tells."""
    try:
        return channels.change(stored, form.given(), now) if stored else channels.create(form.given(), now)
    except ValidationError as error:
        form.refuse(error.message_dict)
        return None


def _name(channel: Channel) -> str:
    return visible(channel.name, one_line=True)


def _frame(cluster: Cluster, title: str) -> dict[str, object]:
    crumbs = [
        ("Alerts", reverse("alerts", args=[cluster.name])),
        ("Channels", reverse("channels", args=[cluster.name])),
        (title, ""),
    ]
    return {"cluster": cluster, "title": title, "crumbs": crumbs}
