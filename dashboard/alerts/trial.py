"""The past of many subjects played under one rule, and under the same rule with other limits. Pure."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from dashboard.alerts import in_words, replay
from dashboard.alerts.replay import Episode
from dashboard.alerts.rules import BY_KEY
from dashboard.models import Rule
from dashboard.queries.rule_history import Past

POINTS = (-0.10, -0.05, 0.05, 0.10)
"""By how much other limits of a share differ; of an amount by such a part of itself, twice as much."""
LIMITS = ("warning", "warning_clear", "critical", "critical_clear")
MOST_JUDGED = 5_000
"""So many steps are judged one by one, which is where an alert begins or ends; other limits are tried while fewer were."""


@dataclass(frozen=True)
class Other:
    """What the same rule would have done with another limit."""

    text: str
    """"above 80 %", of the proposed limit that disturbs sooner."""
    fired: int
    firing: timedelta


@dataclass(frozen=True)
class Played:
    """What fired, how many more subjects broke a limit and were left out, and how many steps were judged one by one."""

    episodes: list[Episode]
    more: int
    judged: int


def played(rule: Rule, past: Past) -> Played:
    """The worst subjects first, as many as can be judged in a moment."""
    definition, window = BY_KEY.get(rule.key), past.window
    moments = window.first_tick + np.arange(window.steps, dtype=np.float64) * window.step_seconds
    breaking, found, judged = _breaking(rule, past), list[Episode](), 0
    for done, place in enumerate(breaking):
        if judged > MOST_JUDGED:
            return Played(found, len(breaking) - done, judged)
        some, steps = replay.episodes(
            rule,
            inclusive=bool(definition and definition.inclusive and not rule.own),
            subject=past.names[place],
            moments=moments,
            values=past.values[place],
        )
        found, judged = found + some, judged + steps
    return Played(found, 0, judged)


def _breaking(rule: Rule, past: Past) -> list[int]:
    """Places of the subjects that reached a limit at any time, the worst first."""
    limits = [limit for severity in ("warning", "critical") if (limit := limit_of(rule, severity)) is not None]
    if not limits or not past.values.size:
        return []
    sign = 1.0 if rule.comparison == Rule.Comparison.ABOVE else -1.0
    worst = np.where(np.isnan(past.values), -np.inf, sign * past.values).max(axis=1)
    first = min(sign * limit for limit in limits)
    return [int(place) for place in np.argsort(-worst, kind="stable") if worst[place] >= first]


def limit_of(rule: Rule, severity: str) -> float | None:
    limit: float | None = getattr(rule, severity) if getattr(rule, f"{severity}_on") else None
    return limit


def firing(episodes: Sequence[Episode], now: datetime) -> timedelta:
    return sum(((one.ended_at or now) - one.began_at for one in episodes), timedelta())


def others(rule: Rule, past: Past, now: datetime, judged: int) -> list[Other]:
    """The same with limits that are lower and higher; those that would be no share any more, or that would
    keep an operator waiting, are left out."""
    share = in_words.unit(rule) == "ratio"
    found = []
    for points in POINTS:
        other = copy.copy(rule)
        for name in LIMITS:
            limit = getattr(rule, name)
            if limit is not None:
                setattr(other, name, round(limit + points, 6) if share else limit * (1 + 2 * points))
        first = "warning" if limit_of(other, "warning") is not None else "critical"
        limit = limit_of(other, first)
        if limit is None or judged > MOST_JUDGED or (share and not 0 < limit < 1):
            continue
        tried = played(other, past)
        judged += tried.judged
        if not tried.more:
            found.append(Other(in_words.limit(other, first), len(tried.episodes), firing(tried.episodes, now)))
    return found
