"""What the parts of an app's page have in common: the app that is looked at, over which time, and on which tab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404

from dashboard.models import Cluster
from dashboard.queries import app
from dashboard.queries.app import Found, Sources
from dashboard.queries.window import Window


@dataclass(frozen=True)
class Tab:
    key: str
    word: str
    is_first: bool = False

    @property
    def parameter(self) -> str:
        """Of the address; the first tab needs none."""
        return "" if self.is_first else self.key


@dataclass(frozen=True, kw_only=True)
class Look:
    """What a tab is made of; `given` are the address's parameters."""

    found: Found
    sources: Sources
    window: Window
    now: datetime
    given: Mapping[str, str]


def found_at(cluster: Cluster, marathon_key: str, app_id: str, sources: Sources, now: datetime) -> Found:
    """The app at an address. Raises Http404."""
    found = app.one(cluster, f"{marathon_key}/{app_id}", sources, now)
    if found is None:
        raise Http404(f"no app {app_id} in {cluster.name}")
    return found
