"""What Explore was asked, and the same with something changed: every state of the page is an address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from django.http import HttpRequest
from django.utils.http import urlencode

from dashboard import figures
from dashboard.queries.formula_reader import LONGEST
from dashboard.queries.window import LONGER_RANGES

MOST_PANELS, MOST_DRAWN, DRAWN_FIRST = 4, 20, 6
USUAL_RANGE = "1h"
LONGEST_NAME, LONGEST_RANGE = 500, 20


@dataclass(frozen=True)
class Panel:
    """One formula as it was typed; `drawn` are the names of the lines that were chosen, `page` which part of its table."""

    text: str
    drawn: tuple[str, ...] = ()
    page: str = ""


@dataclass(frozen=True)
class Asked:
    panels: tuple[Panel, ...]
    range: str
    find: str = ""
    """What is looked for among the metrics."""

    def href(self, range: str = "") -> str:
        """With another range, where one is given."""
        parameters: list[tuple[str, str]] = [("q", panel.text) for panel in self.panels]
        parameters.append(("range", range or self.range))
        parameters += [("find", self.find)] if self.find else []
        for number, panel in enumerate(self.panels, 1):
            parameters += [(f"draw{number}", name) for name in panel.drawn]
            parameters += [(f"page{number}", panel.page)] if panel.page else []
        return "?" + urlencode(parameters)

    def to(self, number: int, panel: Panel) -> Asked:
        """With another panel in the place of one, counted from 1."""
        panels = [panel if place == number else one for place, one in enumerate(self.panels, 1)]
        return replace(self, panels=tuple(panels))

    def without(self, number: int) -> Asked:
        return replace(self, panels=tuple(one for place, one in enumerate(self.panels, 1) if place != number))

    def only(self, text: str) -> Asked:
        return replace(self, panels=(Panel(text),))

    @property
    def texts(self) -> list[str]:
        return [panel.text for panel in self.panels]


def asked(request: HttpRequest) -> Asked:
    """An unknown range is the usual one, a formula past the fourth is left out; empty ones are none."""
    texts = [text.strip()[: LONGEST + 1] for text in request.GET.getlist("q")]
    numbered = [(number, text) for number, text in enumerate(texts, 1) if text][:MOST_PANELS]
    panels = (
        Panel(text, _names(request.GET.getlist(f"draw{number}")), request.GET.get(f"page{number}", "")[:9])
        for number, text in numbered
    )
    chosen = request.GET.get("range", "")
    name = chosen if chosen in LONGER_RANGES else USUAL_RANGE
    return Asked(tuple(panels), name, request.GET.get("find", "").strip()[:LONGEST_NAME])


def not_shown(request: HttpRequest) -> list[str]:
    """What of the address is left out, and what to do about it."""
    told, chosen = [], request.GET.get("range", "")
    beyond = sum(bool(text.strip()) for text in request.GET.getlist("q")) - MOST_PANELS
    if beyond > 0:
        many = figures.counted(beyond, "formula is", "formulas are")
        told.append(f"{many} left out: at most {MOST_PANELS} stand beside each other. Remove one to draw another.")
    if chosen and chosen not in LONGER_RANGES:
        there = ", ".join(LONGER_RANGES)
        told.append(f"There is no range {chosen[:LONGEST_RANGE]}: {USUAL_RANGE} is shown. There are {there}.")
    return told


def toggled(drawn: Sequence[str], name: str) -> tuple[str, ...]:
    """The lines that are drawn, with this one or without it."""
    return tuple(one for one in drawn if one != name) if name in drawn else (*drawn, name)


def _names(given: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name[:LONGEST_NAME] for name in given if name))[:MOST_DRAWN]
