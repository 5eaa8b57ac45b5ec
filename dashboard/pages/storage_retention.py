"""How long history is kept: what can be chosen, what a choice costs and deletes, and saving it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from dashboard import figures
from dashboard.models import Cluster, Retention
from dashboard.queries import storage_cost
from dashboard.queries.storage_cost import Basis, Cost
from dashboard.store import retention_choice
from dashboard.store.retention_choice import LENGTHS, Change, Length

AGREED = "agreed"
LONGEST_DIGITS = 6
MONTH = 30


@dataclass(frozen=True)
class Choice:
    """One select of the form: value, words, whether it is the present choice."""

    length: Length
    options: list[tuple[int, str, bool]]


@dataclass(frozen=True)
class Preview:
    """What is chosen, beside what is in force. `lines` are a name, now, and with the change."""

    choices: list[Choice]
    changes: list[Change]
    hidden: list[tuple[str, int]]
    """What Save sends."""
    lines: list[tuple[str, str, str]]
    deleted: list[tuple[str, str]]
    """What shortening deletes, and about how many bytes."""
    deletes: bool
    refused: str
    why_unknown: str


def preview(asked: Mapping[str, str], present: Retention, basis: Basis, room: int | None) -> Preview:
    """No query."""
    refused = ""
    try:
        wanted = retention_choice.proposed(present, numbers(asked))
    except ValidationError as error:
        wanted, refused = present, " ".join(error.messages)
    found = retention_choice.changes(present, wanted)
    known = not basis.why_unknown
    return Preview(
        choices=[_choice(length, present, wanted) for length in LENGTHS],
        changes=found,
        hidden=[(change.length.field, change.after) for change in found],
        lines=_lines(basis.cost(present), basis.cost(wanted), room) if known else [],
        deleted=_deleted(basis.cost(wanted)) if known and any(change.deletes for change in found) else [],
        deletes=any(change.deletes for change in found),
        refused=refused,
        why_unknown=basis.why_unknown,
    )


def numbers(asked: Mapping[str, str]) -> dict[str, int]:
    """The lengths named in a query or a form; what is no number is one that nobody may choose."""
    return {one.field: _number(asked[one.field]) for one in LENGTHS if one.field in asked}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= LONGEST_DIGITS else -1


def _choice(length: Length, present: Retention, wanted: Retention) -> Choice:
    kept, chosen = getattr(present, length.field), getattr(wanted, length.field)
    values = length.values if kept in length.values else (kept, *length.values)
    return Choice(length, [(value, length.words(value), value == chosen) for value in values])


def _lines(now: Cost, then: Cost, room: int | None) -> list[tuple[str, str, str]]:
    both = (now, then)
    rows = [
        ("Bytes after 30 days", *(figures.byte_size(round(one.after(MONTH))) for one in both)),
        ("Growth on the next day", *(figures.byte_size(round(one.grows_per_day)) for one in both)),
        ("When all have their length", *(_settled(one) for one in both)),
    ]
    if room is not None:
        rows.append(("Full in", *(_full(one.full_after_days(room)) for one in both)))
    return [(name, first, second) for name, first, second in rows]


def _settled(cost: Cost) -> str:
    days = cost.settles_after_days
    if days is None:
        return "grows for ever"
    return figures.byte_size(round(cost.after(days)))


def _full(days: int | None) -> str:
    return "not within 10 years" if days is None else f"{days}{figures.NO_BREAK}d"


def _deleted(cost: Cost) -> list[tuple[str, str]]:
    """A quarter of a day's worth is what whole days leave over, not what the change deletes."""
    return [
        (one.title, figures.byte_size(round(one.deleted_bytes)))
        for one in cost.stretches
        if one.deleted_bytes > one.per_day / 4
    ]


@require_POST
def save(request: HttpRequest, cluster_name: str) -> HttpResponse:
    """Only what is named is changed; what would delete must be agreed to."""
    cluster = get_object_or_404(Cluster, name=cluster_name)
    page, asked = reverse("storage", args=[cluster.name]), numbers(request.POST.dict())
    assert isinstance(request.user, User)  # an admin
    agreed = request.POST.get(AGREED) == "yes"
    try:
        found = retention_choice.choose(
            storage_cost.present(), asked, agreed=agreed, by=request.user, now=timezone.now()
        )
    except ValidationError as error:
        messages.error(request, f"Nothing was changed. {' '.join(error.messages)}")
        return redirect(f"{page}?{urlencode(asked)}#retention")
    said = "; ".join(change.words for change in found)
    messages.success(
        request, f"Saved: {said}. Deletion follows it within the hour." if found else "Nothing was changed."
    )
    return redirect(f"{page}#retention")
