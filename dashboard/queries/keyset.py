"""Where a list goes on that has the latest first, and those of one moment by id: stable while rows are added. Pure."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

Place = tuple[datetime, int]
"""The moment and the id of the last one of the page before."""


def older(column: str, place: Place | None) -> Q:
    """What comes after that place, by the column of its moment; everything where there is none."""
    if place is None:
        return Q()
    moment, number = place
    # The first condition alone is wider than needed: it is what an index can begin at.
    return Q(**{f"{column}__lte": moment}) & (Q(**{f"{column}__lt": moment}) | Q(pk__lt=number))
