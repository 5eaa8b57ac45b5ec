"""What a page is: its address, its place in the menu, and who may see it."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashboard.models import Cluster
from dashboard.pages.access import View
from dashboard.roles import Role

CLUSTER_PATH = "c/<slug:cluster_name>/"
"""Every page about one cluster begins with this."""

ALL_KINDS = frozenset(Cluster.Kind)


@dataclass(frozen=True)
class Page:
    """One address. Pages with a `title` are in the menu, under `section`, in the order of PAGES.

    `key` is what opens the page after g; `kinds` are the kinds of cluster that can answer it at all.
    """

    name: str
    path: str
    view: View
    title: str = ""
    section: str = ""
    needs: Role = Role.VIEWER
    key: str = ""
    kinds: frozenset[Cluster.Kind] = field(default=ALL_KINDS)

    @property
    def is_about_a_cluster(self) -> bool:
        return self.path.startswith(CLUSTER_PATH)
