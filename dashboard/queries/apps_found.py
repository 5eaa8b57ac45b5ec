"""Apps for who asks by name: filtered and a page at a time by id, or one by its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Prefetch, Q, QuerySet

from dashboard.models import App, AppVersion, Cluster

CHUNK = 1000
MOST_SPLITS = 40
"""So many slashes of a place are tried as the end of the Marathon's key."""
Key = tuple[str, int]
"""An app's id and the number of its row."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which apps; what is empty lets all through."""

    marathon: str = ""
    state: str = ""
    kind: str = ""
    role: str = ""
    gone: bool = False
    text: str = ""


def count(cluster: Cluster, wanted: Wanted) -> int:
    """One query."""
    return _matching(cluster, wanted).count()


def page(cluster: Cluster, wanted: Wanted, *, after: Key | None, limit: int) -> list[App]:
    """The first of those that stand after a key, with their Marathons and waits. One query."""
    found = _matching(cluster, wanted)
    if after is not None:
        app_id, number = after
        found = found.filter(Q(app_id__gt=app_id) | Q(app_id=app_id, pk__gt=number))
    return list(found[:limit])


def every(cluster: Cluster, wanted: Wanted) -> Iterator[App]:
    """All of them, read while they are used. One query."""
    return _matching(cluster, wanted).iterator(chunk_size=CHUNK)


def at(cluster: Cluster, place: str) -> App | None:
    """The app at `key of its Marathon/id without the first slash`; a key may hold slashes too. Two queries."""
    ends = [at for at, sign in enumerate(place) if sign == "/"][:MOST_SPLITS]
    splits = [Q(marathon__key=place[:end], app_id=place[end:]) for end in ends]
    if not splits:
        return None
    found = App.objects.filter(Q(*splits, _connector=Q.OR), cluster=cluster).select_related("marathon", "wait")
    latest = Prefetch("versions", AppVersion.objects.order_by("-seen_at", "-pk"))
    return found.prefetch_related(latest).order_by("pk").first()


def _matching(cluster: Cluster, wanted: Wanted) -> QuerySet[App]:
    found = App.objects.filter(cluster=cluster, gone_at__isnull=not wanted.gone)
    asked = {"marathon__key": wanted.marathon, "state": wanted.state, "kind": wanted.kind, "role": wanted.role}
    found = found.filter(**{name: value for name, value in asked.items() if value})
    if text := wanted.text.strip():
        found = found.filter(app_id__icontains=text)
    return found.select_related("marathon", "wait").order_by("app_id", "pk")
