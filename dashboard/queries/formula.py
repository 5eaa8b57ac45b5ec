"""A formula as one line: which metric of which subjects, as a rate or not, and added up by what. Pure.

    formula   = aggregate [by (label, …)] (measure) | measure
    measure   = rate(metric) | increase(metric) | metric
    metric    = name [÷ name [+ name …]] [{label=value, label!=value, label=value*, …}]

A name goes up to a blank, a comma, a quote or one of (){}=: master/tasks_failed, cpu.total. Any other stands in double quotes,
with a backslash before a quote or a backslash in it. ÷ may be typed as / with a blank on either side. There is no other
arithmetic.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from dashboard.queries.metric_catalogue import OVER
from dashboard.queries.metrics_of import As

Aggregate = Literal["sum", "mean", "max", "min", "p95", "count"]
AGGREGATES: tuple[Aggregate, ...] = ("sum", "mean", "max", "min", "p95", "count")
FUNCTIONS: tuple[As, ...] = ("rate", "increase")
EXAMPLES = (
    ("cpu.total{kind=host}", "one line for each host"),
    ("rate(master/tasks_failed)", "how fast a counter rises, per second"),
    ("increase(in_bytes{host=10.0.0.*})", "by how much it rose in each step"),
    ("sum by (framework) (cpus_used{kind=container})", "added up for each framework"),
    ("p95 by (zone) (mem_used_bytes / memory.total)", "the share that 95 of 100 hosts of a zone stay below"),
)
PLAIN_NAME = re.compile(r'[^\s(){},"=!÷]+')


class Unreadable(ValueError):
    """What is wrong, where (counted from 0), and what may stand there instead."""

    def __init__(self, why: str, at: int, allowed: Sequence[str] = ()) -> None:
        super().__init__(why)
        self.why, self.at, self.allowed = why, at, tuple(allowed)


@dataclass(frozen=True)
class Match:
    """A condition on a label. Of a `value` that ends in * the rest is what the label begins with."""

    label: str
    value: str
    negated: bool = False
    prefix: bool = False

    def holds(self, told: str) -> bool:
        return (told.startswith(self.value) if self.prefix else told == self.value) != self.negated

    @property
    def text(self) -> str:
        value = quoted(self.value) + "*" * self.prefix
        return f"{quoted(self.label)}{'!=' if self.negated else '='}{value}"


@dataclass(frozen=True)
class Formula:
    """What was typed, read. `metric` is a name, or a share as metric_catalogue writes it."""

    metric: str
    matches: tuple[Match, ...] = ()
    as_: As = "raw"
    aggregate: Aggregate | None = None
    by: tuple[str, ...] = ()
    at: int = field(default=0, compare=False)
    """Where the metric begins in what was typed."""

    @property
    def kind(self) -> str:
        """The kind of subject that was asked for; empty where none was."""
        return next((one.value for one in self.matches if one.label == "kind" and not (one.negated or one.prefix)), "")

    @property
    def is_share(self) -> bool:
        return OVER in self.metric

    @property
    def text(self) -> str:
        """As it is written properly."""
        name = self.metric if self.is_share else quoted(self.metric)
        inner = name + (f"{{{', '.join(one.text for one in self.matches)}}}" if self.matches else "")
        inner = inner if self.as_ == "raw" else f"{self.as_}({inner})"
        if self.aggregate is None:
            return inner
        by = f" by ({', '.join(map(quoted, self.by))})" if self.by else ""
        return f"{self.aggregate}{by} ({inner})"


def quoted(text: str) -> str:
    """A name or a value as a formula has it: in quotes where it would not be read as one."""
    if PLAIN_NAME.fullmatch(text) and not text.endswith("*"):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
