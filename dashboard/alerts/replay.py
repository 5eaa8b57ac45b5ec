"""The life of an alert played through past values, by the same rules as the present is judged by. Pure: nothing is written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from dashboard.alerts import lifecycle
from dashboard.alerts.conditions import Limit, Limits, limits_of
from dashboard.alerts.definition import Measured
from dashboard.alerts.lifecycle import REOPENED_WITHIN
from dashboard.alerts.transitions import Looking
from dashboard.models import Alert, Rule, Severity

Values = NDArray[np.float64]
Mask = NDArray[np.bool_]
UNKNOWN = "not measured"


@dataclass(frozen=True, kw_only=True)
class Episode:
    """From the moment an alert would have fired to its end; None: it would fire still."""

    subject: str
    severity: str
    """The worst it would have had."""
    began_at: datetime
    ended_at: datetime | None
    worst: float


class Past:
    """One subject's values at these moments, seconds since 1970, under one rule."""

    def __init__(self, rule: Rule, limits: Limits, moments: Values, values: Values) -> None:
        self.rule, self.limits, self.moments, self.values = rule, limits, moments, values
        self.known = ~np.isnan(values)
        self.breaks = {limit.severity.value: _breaks(limit, values) for limit in limits.on}
        self.broken = np.any(list(self.breaks.values()), axis=0) if self.breaks else np.zeros(len(values), dtype=bool)
        self.judged = 0

    def looking(self, step: int) -> Looking:
        return Looking(now=self.moment(step), rule=self.rule, limits=self.limits)

    def found(self, step: int) -> Measured:
        if not self.known[step]:
            return Measured(value=None, why=UNKNOWN)
        return Measured(value=float(self.values[step]))

    def moment(self, step: int) -> datetime:
        return datetime.fromtimestamp(self.moments[step], UTC)

    def long_enough(self) -> list[int]:
        """Where a stretch beyond a limit begins that lasts long enough to fire: only there an alert can begin its life."""
        edges = np.diff(np.concatenate([[False], self.broken, [False]]).astype(np.int8))
        starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1
        lasts = self.moments[ends] - self.moments[starts] >= self.rule.for_seconds
        found: list[int] = starts[lasts].tolist()
        return found

    def after(self, alert: Alert, step: int) -> int:
        """The next step at which anything may change. While it fires and is beyond its limit, or unknown, nothing does."""
        if alert.state != Alert.State.FIRING:
            return step + 1
        if not self.known[step]:
            return _next(self.known, step + 1)
        stays = self.breaks[alert.severity]
        if alert.severity == Severity.WARNING and Severity.CRITICAL in self.breaks:
            stays = stays & ~self.breaks[Severity.CRITICAL]
        return _next(~stays, step + 1)


def _breaks(limit: Limit, values: Values) -> Mask:
    with np.errstate(invalid="ignore"):
        beyond: Mask = values > limit.limit if limit.above else values < limit.limit
    return beyond | (values == limit.limit) if limit.inclusive else beyond


def _next(mask: Mask, step: int) -> int:
    """The first step from this one on where the mask holds; the end where it does nowhere."""
    rest = mask[step:]
    return step + int(rest.argmax()) if rest.any() else len(mask)


def episodes(
    rule: Rule, *, inclusive: bool, subject: str, moments: Values, values: Values
) -> tuple[list[Episode], int]:
    """What would have fired, oldest first, and how many steps had to be judged one by one.

    One that fired again within half an hour is the same alert, as it is in life.
    """
    past = Past(rule, limits_of(rule, inclusive=inclusive), moments, values)
    found: list[Episode] = []
    step = 0
    for start in past.long_enough():
        if start < step:
            continue
        episode, step = _life(past, subject, start)
        if episode is not None:
            found = [*found[:-1], *_joined(found[-1:], episode, rule)]
    return found, past.judged


def _joined(before: list[Episode], episode: Episode, rule: Rule) -> list[Episode]:
    if not before or before[0].ended_at is None or episode.began_at - before[0].ended_at > REOPENED_WITHIN:
        return [*before, episode]
    worst = (max if rule.comparison == Rule.Comparison.ABOVE else min)(before[0].worst, episode.worst)
    severity = max(before[0].severity, episode.severity, key=lambda one: one == Severity.CRITICAL)
    return [replace(before[0], ended_at=episode.ended_at, worst=worst, severity=severity)]


def _life(past: Past, subject: str, step: int) -> tuple[Episode | None, int]:
    """One alert from a step that breaks a limit to its end; None where it ended before it fired."""
    alert = lifecycle.begin(past.found(step), past.looking(step))
    if alert is None:
        return None, step + 1
    fired, critical = None, False
    while step < len(past.values):
        lifecycle.judge(alert, past.found(step), past.looking(step))
        past.judged += 1
        if fired is None and alert.fired_at is not None:
            fired = step
        critical = critical or (fired is not None and alert.severity == Severity.CRITICAL)
        if alert.ended_at is not None:
            break
        step = past.after(alert, step)
    if fired is None:
        return None, step + 1
    seen = past.values[fired : step + 1]
    worst = np.nanmax(seen) if past.rule.comparison == Rule.Comparison.ABOVE else np.nanmin(seen)
    return (
        Episode(
            subject=subject,
            severity=Severity.CRITICAL.value if critical else Severity.WARNING.value,
            began_at=past.moment(fired),
            ended_at=alert.ended_at,
            worst=float(worst),
        ),
        step + 1,
    )
