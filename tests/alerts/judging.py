"""A cluster whose rules measure what a test says, judged at the times a test says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from dashboard.alerts.definition import Definition, Measured
from dashboard.alerts.evaluate import Evaluated, evaluate
from dashboard.alerts.facts import Facts
from dashboard.models import Alert, Channel, Cluster, Event, Notice, Rule
from tests.builders import NOON

Value = float | None
BOTH = {"warning": 0.8, "warning_on": True, "critical": 0.9, "critical_on": True}
"""A rule with both severities on."""


class Watched:
    """Rules of a cluster by key, whose subjects have the values that a test sets; None is unknown."""

    def __init__(self, cluster: Cluster, *definitions: Mapping[str, Any], channel: bool = True) -> None:
        self.cluster = cluster
        self.values: dict[str, dict[str, Measured]] = {}
        self.broken: set[str] = set()
        self.measured: list[str] = []
        self.rules = tuple(self._definition(dict(given)) for given in (definitions or ({},)))
        if channel:
            Channel.objects.get_or_create(name="mail", kind=Channel.Kind.EMAIL, created_at=NOON)

    def _definition(self, given: dict[str, Any]) -> Definition:
        key = given.pop("key", "T1")
        limits = {"critical": 0.9, "critical_on": True} if not {"warning", "critical"} & given.keys() else {}

        def measure(facts: Facts, rule: Rule) -> Iterable[Measured]:
            self.measured.append(key)
            if key in self.broken:
                raise KeyError("a column that is not there")
            return list(self.values.get(key, {}).values())

        said = {"name": f"rule {key}", "what": "", "unit": "ratio", "advice": "", "sources": (), **limits, **given}
        return Definition(key=key, measure=measure, **said)

    def finds(self, value: Value, subject: str = "", *, key: str = "T1", **said: Any) -> None:
        """What the rule finds of a subject from now on."""
        found = Measured(subject=subject, value=value, says=f"{subject or 'it'} is {value}", **said)
        self.values.setdefault(key, {})[subject] = found

    def at(self, minutes: float, value: Value | str = "", subject: str = "", *, key: str = "T1") -> Evaluated:
        """Judge at so many minutes after noon, with this value from then on where one is given."""
        if not isinstance(value, str):
            self.finds(value, subject, key=key)
        return evaluate(self.cluster.pk, when(minutes), rules=self.rules)

    def through(self, begin: float, end: float, value: Value | str = "") -> None:
        """Judge every minute from the one to the other, both included."""
        for minute in range(int(begin), int(end) + 1):
            self.at(minute, value)

    def rule(self, key: str = "T1") -> Rule:
        return Rule.objects.get(cluster=self.cluster, key=key)

    def alert(self, subject: str = "", key: str = "T1") -> Alert:
        return Alert.objects.get(rule__key=key, subject=subject)

    def states(self) -> list[str]:
        return list(Alert.objects.order_by("pk").values_list("state", flat=True))

    def story(self) -> list[tuple[str, str]]:
        """What became of alerts, from the first event to the last."""
        return list(Event.objects.filter(kind=Event.Kind.ALERT).order_by("pk").values_list("before", "after"))

    def notices(self) -> list[str]:
        return list(Notice.objects.order_by("pk").values_list("kind", flat=True))


def when(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)
