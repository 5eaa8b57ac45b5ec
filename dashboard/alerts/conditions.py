"""How a value stands to the limits of a rule: which it breaks, and which it has left far enough to end an alert. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from dashboard.alerts.definition import Measured
from dashboard.models import Rule, Severity

WORST_FIRST = (Severity.CRITICAL, Severity.WARNING)


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One severity's limit that is switched on, and the value that ends it (None: the limit itself)."""

    severity: Severity
    limit: float
    clear: float | None
    above: bool
    inclusive: bool

    def broken(self, found: Measured) -> bool:
        """Whether the value is beyond the limit."""
        value = self.value_of(found)
        if value == self.limit:
            return self.inclusive
        return value > self.limit if self.above else value < self.limit

    def cleared(self, found: Measured) -> bool:
        """Whether the value is so far back that what was broken holds no longer; between the two all stays as it was."""
        if self.broken(found):
            return False
        if self.clear is None:
            return True
        value = self.value_of(found)
        return value <= self.clear if self.above else value >= self.clear

    def value_of(self, found: Measured) -> float:
        """What is held against this limit; of a subject of which something is known."""
        other = found.critical_value if self.severity == Severity.CRITICAL else None
        value = found.value if other is None else other
        if value is None:
            raise ValueError("nothing is known of it")
        return value


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Those of a rule that are on, the worst first."""

    on: tuple[Limit, ...]

    def of(self, severity: str) -> Limit | None:
        return next((limit for limit in self.on if limit.severity == severity), None)

    def broken(self, found: Measured) -> str:
        """The worst severity whose limit is broken; empty where none is."""
        return next((limit.severity.value for limit in self.on if limit.broken(found)), "")

    def breaks(self, severity: str, found: Measured) -> bool:
        limit = self.of(severity)
        return limit is not None and limit.broken(found)

    def holds(self, severity: str, found: Measured) -> bool:
        """Whether an alert of this severity goes on: its limit is on and not cleared."""
        limit = self.of(severity)
        return limit is not None and not limit.cleared(found)

    def nearness(self, found: Measured) -> float:
        """How near to the nearest limit, the greater the nearer: minus the distance as a share of the limit."""
        return max(-_distance(limit, limit.value_of(found)) for limit in self.on)


def limits_of(rule: Rule, *, inclusive: bool) -> Limits:
    """The limits of a rule that are on and have a number."""
    return Limits(on=tuple(limit for severity in WORST_FIRST if (limit := _limit(rule, severity, inclusive))))


def known(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def _limit(rule: Rule, severity: Severity, inclusive: bool) -> Limit | None:
    on, limit, clear = (getattr(rule, f"{severity.value}{part}") for part in ("_on", "", "_clear"))
    if not on or limit is None:
        return None
    above = rule.comparison == Rule.Comparison.ABOVE
    return Limit(severity=severity, limit=limit, clear=clear, above=above, inclusive=inclusive)


def _distance(limit: Limit, value: float) -> float:
    away = limit.limit - value if limit.above else value - limit.limit
    return away / (abs(limit.limit) or 1.0)
