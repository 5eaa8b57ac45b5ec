"""The rules of one cluster judged once: measured, then alerts, their events and the notices they owe in one transaction.

Measuring runs before the transaction, so that polls can write meanwhile and a rule that breaks a query costs the others
nothing. The cluster's Watch row is locked for writing, and tells whether somebody else judged in between.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from dashboard.alerts import catalogue, grouping, inhibition, loading, measuring, silencing, writing
from dashboard.alerts.definition import Definition
from dashboard.alerts.grouping import Debt, Members
from dashboard.alerts.measuring import Found
from dashboard.alerts.round import MOST_BETWEEN, MOST_OPEN, Round, columns
from dashboard.alerts.rules import RULES
from dashboard.alerts.transitions import FLAPPING, State, Turn
from dashboard.models import Cluster, Rule, Silence, Watch
from dashboard.store import bulk, silences
from dashboard.store.rules import ensure

JUDGED = (
    "error",
    "error_since",
    "judged_at",
    "subjects",
    "subjects_unknown",
    "closest_name",
    "closest_value",
)
WATCHED = ("evaluated_at", "judged_since", "evaluation_seconds", "rules_judged", "rules_unknown")


@dataclass(frozen=True, kw_only=True)
class Evaluated:
    """What one evaluation did. All is zero where nothing was judged: a paused cluster, or somebody else was quicker."""

    rules_judged: int = 0
    rules_unknown: int = 0
    rules_broken: int = 0
    fired: int = 0
    resolved: int = 0
    open: int = 0
    notices: int = 0
    seconds: float = 0.0


def evaluate(cluster_id: int, now: datetime, *, rules: Sequence[Definition] = RULES) -> Evaluated:
    """Judge every rule of a cluster. The number of queries does not depend on how many alerts there are.

    Raises Cluster.DoesNotExist. A paused cluster is not judged: nothing new is known of it, and that is no news.
    """
    began = time.monotonic()
    cluster = Cluster.objects.get(pk=cluster_id)
    if not cluster.enabled:
        return Evaluated()
    known = catalogue.of_kind(cluster, rules)
    with transaction.atomic():
        watch = Watch.objects.select_for_update().get_or_create(cluster=cluster)[0]
        rows = ensure(cluster, map(catalogue.row, known.values()), now)
    found = measuring.of(cluster, rows, known, now, judged_since=_judged_since(watch, now))
    with transaction.atomic():
        locked = Watch.objects.select_for_update().get(pk=watch.pk)
        if locked.evaluated_at != watch.evaluated_at:
            return Evaluated()
        done = _Judging(cluster=cluster, now=now, catalogue=known, found=found, watch=locked).run(began)
    return done


@dataclass(frozen=True, kw_only=True)
class _Judging:
    """The part within the transaction."""

    cluster: Cluster
    now: datetime
    catalogue: Mapping[str, Definition]
    found: Mapping[str, Found]
    watch: Watch

    def run(self, began: float) -> Evaluated:
        rules = list(Rule.objects.filter(cluster=self.cluster))
        this = loading.load(self.cluster, rules, self.now, interrupted=_interrupted(self.watch, self.now))
        for rule in self._in_order(rules):
            self._judge(this, rule)
        groups = loading.groups(self.cluster, rules, this)
        before = {pk: columns(group) for pk, group in groups.items()}
        self._cover(this)
        inhibition.inhibit([alert for alert in this.fired if alert.ended_at is None], self.catalogue)
        members, debts = self._owed(this, groups)
        writing.save_changed([one.group for one in members if columns(one.group) != before.get(one.group.pk)])
        bulk.update(rules, JUDGED)
        writing.write(self.cluster, this, self.now)
        told = writing.owe(debts, self.catalogue, self.now)
        return self._noted(this, rules, told, began)

    def _in_order(self, rules: Sequence[Rule]) -> list[Rule]:
        order = {key: place for place, key in enumerate(self.catalogue)}
        return sorted(rules, key=lambda rule: (order.get(rule.key, len(order)), rule.pk))

    def _judge(self, this: Round, rule: Rule) -> None:
        """A rule that was switched on since it was measured waits for the next time; one switched off is off at once."""
        definition = self.catalogue.get(rule.key)
        found = self.found.get(rule.key)
        if rule.on and found is None and (rule.own or definition is not None):
            return
        found = found if rule.on else None
        this.judge(rule, found, definition)
        noted = found or Found()
        if more := this.left_out[rule.pk]:
            noted = replace(noted, error=f"{more} subjects break it beyond the {MOST_OPEN} whose alerts are kept")
        measuring.note(rule, noted, definition, self.now)

    def _cover(self, this: Round) -> None:
        fired = [alert for alert in this.fired if alert.ended_at is None]
        rows: dict[int, Silence] = silences.running(self.cluster, self.now)
        holding = silencing.matchers(rows.values())
        zones = loading.zones(self.cluster, holding.values())
        rose = silencing.cover(fired, rows, holding, zones, self.now)
        bulk.update([rows[pk] for pk in rose], ["kept_quiet"])

    def _owed(self, this: Round, groups: loading.Groups) -> tuple[list[Members], list[Debt]]:
        members = grouping.gathered(this.fired, groups.values(), self.now)
        writing.save_new([one.group for one in members])
        for one in members:
            for alert in one.alerts:
                alert.group = one.group
        flapping = frozenset(id(alert) for alert, turn in this.turns if turn.after == FLAPPING)
        return members, [debt for one in members if (debt := grouping.owed(one, flapping, self.now)) is not None]

    def _noted(self, this: Round, rules: Sequence[Rule], told: int, began: float) -> Evaluated:
        """Keep on the Watch row that it was done, and how long it took."""
        counts = Counter(turn.after for _, turn in this.turns)
        judged = [self.found[rule.key] for rule in rules if rule.on and rule.key in self.found]
        watch = self.watch
        watch.judged_since = _judged_since(watch, self.now)
        watch.evaluated_at, watch.evaluation_seconds = self.now, time.monotonic() - began
        watch.rules_judged = len(judged)
        watch.rules_unknown = sum(1 for found in judged if found.says_nothing)
        watch.save(update_fields=WATCHED)
        return Evaluated(
            rules_judged=watch.rules_judged,
            rules_unknown=watch.rules_unknown,
            rules_broken=sum(1 for found in judged if found.error),
            fired=sum(1 for _, turn in this.turns if turn.after == State.FIRING.label and _began(turn)),
            resolved=counts[State.RESOLVED.label],
            open=sum(1 for alert in this.open.values() if alert.ended_at is None),
            notices=told,
            seconds=watch.evaluation_seconds,
        )


def _interrupted(watch: Watch, now: datetime) -> bool:
    before = watch.evaluated_at
    return before is None or before > now or now - before > MOST_BETWEEN


def _judged_since(watch: Watch, now: datetime) -> datetime:
    return now if _interrupted(watch, now) else watch.judged_since or watch.evaluated_at or now


def _began(turn: Turn) -> bool:
    return turn.before in (State.PENDING.label, State.RESOLVED.label)
