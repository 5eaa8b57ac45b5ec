"""Where a sentence leads: the links that queries name by page, as addresses with a word to press."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from django.urls import NoReverseMatch, reverse

from dashboard.queries.happenings import Link

UNTITLED = "Details"
"""What a link to a page outside of the menu says."""


@dataclass(frozen=True)
class Way:
    """An address and the title of the page behind it; both empty where there is nothing more to see."""

    href: str
    title: str


class Linked(Protocol):
    """A finding or a happening."""

    @property
    def link(self) -> Link: ...


Thing = TypeVar("Thing", bound=Linked)


def way(cluster_name: str, link: Link) -> Way:
    """The way to the page a link names: its arguments follow the cluster in the order of the address. Nowhere where no address
    can hold them: ids of tasks and apps are the cluster's."""
    if not link:
        return Way("", "")
    from dashboard.pages import PAGES  # made of the pages, which have links

    name, *rest = link
    titles = {page.name: page.title for page in PAGES}
    try:
        return Way(reverse(name, args=[cluster_name, *rest]), titles[name] or UNTITLED)
    except NoReverseMatch:
        return Way("", "")


def ways(cluster_name: str, things: Iterable[Thing]) -> list[tuple[Thing, Way]]:
    """Each thing with its way."""
    return [(thing, way(cluster_name, thing.link)) for thing in things]
