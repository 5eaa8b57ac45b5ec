"""What stands around every page: menu, clusters, theme. At most three queries a page, none for who has not signed in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from dashboard import __version__, pages
from dashboard.models import Cluster
from dashboard.pages import access
from dashboard.pages.registry import Page
from dashboard.queries import freshness, marks, rail, safety
from dashboard.queries.rail import Entry
from dashboard.queries.safety import Banner
from dashboard.roles import Role

THEMES = ("light", "dark")
LEARNING_SECONDS = 3
AGE_OF = "summary"
"""The source whose age stands in the bar: what a page says of the cluster as a whole comes from it."""


@dataclass(frozen=True)
class Item:
    """An entry of the menu; `key` opens it after g. `count` is what waits there for somebody, with its mark; 0 is not shown."""

    title: str
    href: str
    key: str
    current: bool
    count: int = 0
    mark: str = ""


@dataclass(frozen=True)
class Group:
    """Entries under one heading; those of the first group have none."""

    title: str
    items: list[Item]


@dataclass(frozen=True)
class Choice:
    """A cluster of the switcher, with its front page: the first one in the menu."""

    name: str
    kind: str
    version: str
    href: str
    summary_taken_at: datetime | None


@dataclass(frozen=True)
class Age:
    """How old the cluster's picture is: one of the five states, and seconds; None before the first answer."""

    state: str
    seconds: float | None
    href: str


class Frame:
    """Lazy, so that a page without a menu asks for none: at most role, clusters and age, a query each."""

    version = __version__

    def __init__(self, request: HttpRequest) -> None:
        self._request = request

    @property
    def refresh_seconds(self) -> int:
        """How often an open page asks again; soon while its cluster has no figures yet."""
        waiting = self.age is not None and self.age.seconds is None
        return LEARNING_SECONDS if waiting else int(settings.REFRESH_SECONDS)

    @property
    def theme(self) -> str:
        """The theme chosen in this browser; empty for the system's. Anything else in the cookie is nobody's theme."""
        chosen = self._request.COOKIES.get("theme", "")
        return chosen if chosen in THEMES else ""

    @property
    def role_word(self) -> str:
        return self._role.name.lower() if self._role else "a user without a role"

    @cached_property
    def clusters(self) -> list[Choice]:
        """All clusters by name, for who may see them."""
        return [_choice(entry.cluster) for entry in self._entries]

    @property
    def cluster(self) -> Choice | None:
        """The cluster this page is about."""
        return next((choice for choice in self.clusters if choice.name == self._cluster_name), None)

    @property
    def menu(self) -> list[Group]:
        """The pages of the present cluster that its kind can answer and the user may see, in groups."""
        entry = self._entry
        if entry is None:
            return []
        listed = [page for page in _in_menu(entry.cluster) if self._role >= page.needs]
        here = _nearest([_href(page, entry.cluster.name) for page in listed], self._place(entry.cluster.name))
        return [
            Group(section, [_item(page, entry, here) for page in group])
            for section, group in groupby(listed, key=lambda page: page.section)
        ]

    @cached_property
    def age(self) -> Age | None:
        """The age of the cluster's picture; None on pages about no cluster. Asked once."""
        if self._entry is None:
            return None
        cluster = self._entry.cluster
        found = freshness.of(cluster, timezone.now())[AGE_OF]
        href = reverse("collection", kwargs={"cluster_name": cluster.name})
        return Age(marks.FRESHNESS[found.freshness].mark, found.age_seconds, href)

    @cached_property
    def banners(self) -> list[Banner]:
        """What is wrong with Day Two's own store, for who may see anything. A query more while there is."""
        if self._role < Role.VIEWER:
            return []
        return safety.banners(timezone.now(), noted=any(entry.paused for entry in self._entries))

    @cached_property
    def _role(self) -> Role:
        return access.role(self._request) if hasattr(self._request, "user") else Role.NOBODY

    @cached_property
    def _entries(self) -> list[Entry]:
        return rail.entries() if self._role >= Role.VIEWER else []

    def _place(self, cluster_name: str) -> str:
        """The address by which the menu knows where we are."""
        match = self._request.resolver_match
        above = BELOW.get(match.url_name or "") if match else None
        return reverse(above, kwargs={"cluster_name": cluster_name}) if above else self._request.path

    @property
    def _cluster_name(self) -> str:
        match = self._request.resolver_match
        return str(match.kwargs.get("cluster_name", "")) if match else ""

    @property
    def _entry(self) -> Entry | None:
        return next((entry for entry in self._entries if entry.cluster.name == self._cluster_name), None)


def frame(request: HttpRequest) -> dict[str, Frame]:
    """The context processor."""
    return {"frame": Frame(request)}


def _in_menu(cluster: Cluster) -> list[Page]:
    return [page for page in pages.PAGES if page.title and page.is_about_a_cluster and cluster.kind in page.kinds]


def _href(page: Page, cluster_name: str) -> str:
    return reverse(page.name, kwargs={"cluster_name": cluster_name})


def _item(page: Page, entry: Entry, here: str) -> Item:
    href = _href(page, entry.cluster.name)
    count, mark = WAITING[page.name](entry) if page.name in WAITING else (0, "")
    return Item(page.title, href, page.key, current=href == here, count=count, mark=mark)


def _alerts(entry: Entry) -> tuple[int, str]:
    return entry.alerts, "bad" if entry.alerts_critical else "warn"


def _failures(entry: Entry) -> tuple[int, str]:
    return entry.failures, "bad"


def _apps(entry: Entry) -> tuple[int, str]:
    return entry.apps, "bad" if entry.apps_unhealthy else "warn"


BELOW = {"tasks": "apps", "task": "apps", "frameworks": "apps", "framework": "apps"}
"""Pages that belong to an entry of the menu although their addresses do not begin with its own."""
WAITING = {"alerts": _alerts, "failures": _failures, "apps": _apps}
"""Pages of the menu that say how much waits there, and how."""


def _nearest(hrefs: list[str], path: str) -> str:
    """The entry that the page at `path` belongs to: the one whose address begins it, and of these the longest."""
    return max((href for href in hrefs if path.startswith(href)), key=len, default="")


def _choice(cluster: Cluster) -> Choice:
    entries = _in_menu(cluster)
    named = [("DC/OS", cluster.dcos_version), ("Mesos", cluster.mesos_version)]
    return Choice(
        name=cluster.name,
        kind=cluster.get_kind_display(),
        version=" · ".join(f"{what} {version}" for what, version in named if version),
        href=_href(entries[0], cluster.name) if entries else "",
        summary_taken_at=cluster.summary_taken_at,
    )
