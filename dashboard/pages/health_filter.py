"""Which states of health a table shows: `health=` in the address, and the counted choices that set it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.models.components import Health
from dashboard.pages.sorting import query
from dashboard.queries import marks

ALWAYS = (Health.HEALTHY, Health.UNHEALTHY)
"""Offered though nothing is so, as DC/OS does; the others only where there are any, so that the counts add up to all."""
RARE = (Health.WARNING, Health.NOT_AVAILABLE, Health.NO_DATA)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A choice with its count; `value` is what it is called in the address."""

    word: str
    value: str
    href: str
    count: int
    current: bool
    state: str = ""


def asked(value: str) -> Health | None:
    """The state asked for; None for all of them, and for a word that is none."""
    return next((health for health in Health if _name(health) == value), None)


def choices(counts: Mapping[Health, int], chosen: Health | None, others: Mapping[str, str]) -> list[Choice]:
    """All, Healthy, Unhealthy, and what else there is. `others` are the address's other parameters."""
    shown = [*ALWAYS, *(health for health in RARE if counts.get(health) or health is chosen)]
    every = Choice(
        word="All",
        value="",
        href=query({**others, "health": ""}),
        count=sum(counts.values()),
        current=chosen is None,
    )
    return [every, *(_choice(health, counts.get(health, 0), chosen, others) for health in shown)]


def in_words(counts: Mapping[Health, int]) -> str:
    """The counts that are not zero, the expected first: "46 healthy, 1 unhealthy"."""
    words = [(counts.get(health, 0), marks.HEALTH[health].word) for health in (*ALWAYS, *RARE)]
    return ", ".join(f"{count} {word if word == 'N/A' else word.lower()}" for count, word in words if count)


def _choice(health: Health, count: int, chosen: Health | None, others: Mapping[str, str]) -> Choice:
    mark = marks.HEALTH[health]
    return Choice(
        word=mark.word,
        value=_name(health),
        href=query({**others, "health": _name(health)}),
        count=count,
        current=health is chosen,
        state=mark.mark,
    )


def _name(health: Health) -> str:
    return health.name.lower()
