"""What the address of Capacity asks for; a value that cannot be had is left out, and told as a problem."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.http import HttpRequest

from dashboard.pages import fit_form
from dashboard.pages.sorting import query
from dashboard.queries import capacity, window
from dashboard.queries.breakdown import BY
from dashboard.queries.window import LONG_RANGES

COMPARE = "week"


@dataclass(frozen=True)
class Problem:
    """One parameter that was not applied, with what it may be."""

    name: str
    value: str
    allowed: tuple[str, ...]
    why: str = "is none of"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The parameters by their names in the address; empty where the usual value is meant."""

    range: str
    compare: bool
    by: str
    need: dict[str, str]
    """The question of the form, as it was given."""
    problems: tuple[Problem, ...]

    @property
    def parameters(self) -> dict[str, str]:
        return {"range": self.range, "compare": COMPARE if self.compare else "", "by": self.by, **self.need}

    def link(self, **changes: str) -> str:
        """The same address with other values."""
        return query({**self.parameters, **changes})

    def kept(self, *names: str) -> list[tuple[str, str]]:
        """What a form sends along beside the fields it has."""
        return [(name, value) for name, value in self.parameters.items() if value and name not in names]


def asked(request: HttpRequest) -> Asked:
    """What the address says."""
    problems: list[Problem] = []

    def one_of(name: str, allowed: Iterable[str]) -> str:
        value = request.GET.get(name, "")
        if value and value not in allowed:
            problems.append(Problem(name, value, tuple(allowed)))
            return ""
        return value

    range_name = one_of("range", LONG_RANGES)
    compare = one_of("compare", [COMPARE]) == COMPARE
    if compare and not capacity.may_compare(range_name or window.DEFAULT):
        fitting = tuple(name for name in LONG_RANGES if capacity.may_compare(name))
        problems.append(Problem("compare", COMPARE, fitting, "goes with a range of"))
        compare = False
    return Asked(
        range=range_name,
        compare=compare,
        by=one_of("by", BY),
        need={name: request.GET[name] for name in fit_form.USUAL if name in request.GET},
        problems=tuple(problems),
    )
