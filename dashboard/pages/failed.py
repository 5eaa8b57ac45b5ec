"""The page in the place of one that could not be made: it says why where the store is the reason."""

from __future__ import annotations

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone

from dashboard import disk, trouble
from dashboard.trouble import Trouble

SAYS = {
    Trouble.FULL: "This could not be done, and nothing was changed: make room on the disk of Day Two, then try again.",
    Trouble.READ_ONLY: "This could not be saved, and nothing was changed: Day Two may not write to its disk.",
    Trouble.DAMAGED: "Stop Day Two and restore a backup: python3 manage.py restore FILE",
}


def failed(request: HttpRequest) -> HttpResponse:
    """Django's handler of what nobody caught, wherever it was raised; called while that is being handled."""
    error = sys.exc_info()[1]
    found = _found(error) if error is not None else None
    if error is None or found is None:
        return HttpResponse(render_to_string("500.html"), status=500)
    if found is Trouble.DAMAGED:
        trouble.note_damage(str(error), timezone.now())
    page = render_to_string("503.html", {"title": found.value, "text": SAYS[found]})
    return HttpResponse(page, status=503, headers={"Retry-After": "60"})


def _found(error: BaseException) -> Trouble | None:
    """With nothing left SQLite cannot even open its log, and says something else: then the reserve is given up here too."""
    found = trouble.of(error)
    if found is None and isinstance(error, OperationalError) and (seen := disk.look()) and seen.is_tight:
        disk.give_up_reserve()
        return Trouble.FULL
    return found
