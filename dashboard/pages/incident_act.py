"""What an operator does with an incident: take it, give it back, close it, write something down."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from dashboard.models import Incident
from dashboard.store import incidents

Doing = Callable[[Incident, User, datetime], object]
DOINGS: dict[str, tuple[Doing, str]] = {
    "take": (incidents.take, "You have it."),
    "give_back": (incidents.give_back, "Nobody has it now."),
    "close": (incidents.close, "It is closed: only what fails anew makes another incident."),
}


@require_POST
def act(request: HttpRequest, cluster_name: str, number: int) -> HttpResponse:
    """What to do stands in `do`; a note in `text`. What cannot be done is said on the incident's page."""
    incident = get_object_or_404(Incident, cluster__name=cluster_name, pk=number)
    do = request.POST.get("do", "")
    if (do not in DOINGS and do != "note") or not isinstance(request.user, User):
        return HttpResponseBadRequest("do: take, give_back, close or note", content_type="text/plain")
    try:
        messages.success(request, _done(incident, request.user, do, request.POST.get("text", "")))
    except ValidationError as refused:
        messages.error(request, f"Nothing was changed. {' '.join(refused.messages)}")
    return redirect("incident", cluster_name=cluster_name, number=number)


def _done(incident: Incident, user: User, do: str, text: str) -> str:
    if do == "note":
        incidents.note(incident, user, text, timezone.now())
        return "Written down."
    doing, said = DOINGS[do]
    doing(incident, user, timezone.now())
    return said
