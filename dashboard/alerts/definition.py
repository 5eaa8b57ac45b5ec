"""What a rule of the catalogue is: its measure, its limits as they come, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from dashboard.alerts.facts import Facts
from dashboard.models import Cluster, Rule, Subject

EVERYTHING = frozenset({"*"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What a rule finds of one subject. `value` None is unknown, and `why` says in words why nothing is known."""

    subject: str = ""
    """Unique within the rule; empty for the cluster as a whole."""
    name: str = ""
    host: str = ""
    """Of which node it is, where it is of one."""
    reason: str = ""
    """Alerts of a rule with the same reason are told together."""
    value: float | None
    critical_value: float | None = None
    """What is held against the critical limit where that has another meaning (a share instead of a count); else `value`."""
    says: str = ""
    """A sentence on what was found, without the limit: "memory 91 % allocated on active agents"."""
    why: str = ""
    measured_at: datetime | None = None
    """Sample time; None: of the evaluation."""


Measure = Callable[[Facts, Rule], Iterable[Measured]]


@dataclass(frozen=True, kw_only=True)
class History:
    """Where the past values of a rule stand, for its back-test: a metric of subjects, or the share of two."""

    kind: Subject.Kind
    metric: str
    of: str = ""
    """The metric it is a share of; empty: none."""
    key: str | None = None
    """The subject's key; None: every subject of the kind."""
    only_where: str = ""
    """A column that must be 1 for a reading to count (`master/elected`)."""


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One rule of the catalogue (reference: the numbers R1–R70). Limits None: there is no such severity.

    `measure` yields at least every subject that breaks a limit that is on, every known one in `facts.open[key]`, and the
    one nearest to a limit; of a large fleet it may leave out those that are fine. It raises nothing on odd data.
    """

    key: str
    name: str
    measure: Measure
    what: str
    """What is measured, with basis and unit, in words."""
    unit: str
    """How values are told: ratio, percent, count, bytes, seconds, ms, per_second, or empty where the rule has no number."""
    advice: str
    """What an operator does about it, a sentence or two."""
    sources: tuple[str, ...]
    """All must be current, else it is unknown."""
    deck_row: int | None = None
    """Its row among the eight that come switched on at exactly their numbers."""
    comparison: Rule.Comparison = Rule.Comparison.ABOVE
    inclusive: bool = False
    """Whether the limit itself breaks it (≥, ≤)."""
    warning: float | None = None
    warning_clear: float | None = None
    warning_on: bool = False
    critical: float | None = None
    critical_clear: float | None = None
    critical_on: bool = False
    for_seconds: int = 0
    clear_seconds: int | None = None
    """None: as long as `for_seconds`."""
    holds_after_election: bool = False
    """Not judged in the ten minutes after a leader change: agents and frameworks come back meanwhile."""
    mutes: frozenset[str] = frozenset()
    """Keys of the rules that nobody is told of while this one fires critically; EVERYTHING: all others of the cluster."""
    mutes_host: bool = False
    """While it fires for a host, other rules about that host tell nobody."""
    kinds: frozenset[Cluster.Kind] = field(default=frozenset(Cluster.Kind))
    history: History | None = None
