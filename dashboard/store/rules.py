"""Rules of a cluster: those of the catalogue as they come, and what operators make of them. Each change with its event."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from dashboard.models import Alert, Channel, Cluster, Event, Rule
from dashboard.store import bulk
from dashboard.store.rule_words import said

LIMITS = ("warning", "warning_clear", "critical", "critical_clear")
SWITCHES = ("warning_on", "critical_on")
SPANS = ("for_seconds", "clear_seconds", "repeat_seconds")
CHANGEABLE = (*LIMITS, *SWITCHES, *SPANS)
"""What an operator may change of any rule, its channels beside these."""
OWN = ("name", "subject_kind", "subject_key", "metric", "measure", "window_seconds", "comparison")
"""What an operator's own rule has besides."""
AS_IT_COMES = (*LIMITS, *SWITCHES, "for_seconds", "clear_seconds", "comparison", "name")
LEFT = "off: Day Two has this rule no longer"
LONGEST_SECONDS = 31 * 86_400
LONGEST_WINDOW_SECONDS = 7 * 86_400
MOST_OWN = 200
"""So many rules of their own a cluster may have: each is judged four times a minute."""


def ensure(cluster: Cluster, catalogue: Iterable[Rule], now: datetime) -> list[Rule]:
    """Every rule of the cluster, by key, after the catalogue's (not yet saved) are all among them.

    One that an operator changed stays as it is; others follow the catalogue. One that is no longer in it is switched off.
    One query where nothing is new; to be called within a transaction.
    """
    given = {rule.key: rule for rule in catalogue}
    known = {rule.key: rule for rule in Rule.objects.filter(cluster=cluster)}
    followed = [rule for key, rule in known.items() if not rule.own and _follow(rule, given.get(key), now)]
    bulk.update(followed, [*AS_IT_COMES, "changed_at"])
    bulk.insert([_event(rule, "on", LEFT, now) for rule in followed if rule.key not in given])
    missing = [rule for key, rule in given.items() if key not in known]
    for rule in missing:
        rule.cluster, rule.changed_at = cluster, now
    Rule.objects.bulk_create(missing)
    return sorted([*known.values(), *missing], key=lambda rule: rule.key)


def _follow(rule: Rule, given: Rule | None, now: datetime) -> bool:
    """Bring an untouched rule to what the catalogue says; whether that was something else."""
    if given is None:
        gone, rule.warning_on, rule.critical_on = rule.on, False, False
        return gone
    if rule.changed_by or all(getattr(rule, name) == getattr(given, name) for name in AS_IT_COMES):
        return False
    for name in AS_IT_COMES:
        setattr(rule, name, getattr(given, name))
    rule.changed_at = now
    return True


@transaction.atomic
def change(
    rule: Rule,
    fields: Mapping[str, Any],
    user: User,
    now: datetime,
    *,
    channels: Sequence[Channel] | None = None,
    unit: str = "",
) -> Rule:
    """Change some of CHANGEABLE, of an own rule also of OWN, and whom it tells (`channels` None: as before; empty: everyone).

    The event names what changed, in the rule's unit (see alerts.definition): "critical limit 90 %" → "critical limit 85 %".
    ValidationError has a sentence for each field that cannot be kept. A change of nothing writes nothing.
    """
    locked = Rule.objects.select_for_update().get(pk=rule.pk)
    allowed = (*CHANGEABLE, *OWN) if locked.own else CHANGEABLE
    if strange := [name for name in fields if name not in allowed]:
        raise ValidationError(f"{', '.join(strange)} of {locked.key} cannot be changed.")
    before = {name: getattr(locked, name) for name in fields}
    told_before = _names(locked)
    for name, value in fields.items():
        setattr(locked, name, value)
    _check(locked)
    turned = [name for name, value in before.items() if value != getattr(locked, name)]
    was = [said(name, before[name], unit) for name in turned]
    became = [said(name, getattr(locked, name), unit) for name in turned]
    if channels is not None and told_before != sorted(channel.name for channel in channels):
        locked.channels.set(channels)
        was.append(f"tells {', '.join(told_before) or 'everyone'}")
        became.append(f"tells {', '.join(_names(locked)) or 'everyone'}")
    if not became:
        return locked
    locked.changed_at, locked.changed_by = now, user.get_username()
    locked.save(update_fields=[*turned, "changed_at", "changed_by"])
    _tell(locked, ", ".join(was), ", ".join(became), user, now)
    return locked


def switch(rule: Rule, severity: str, on: bool, user: User, now: datetime) -> Rule:
    """Switch the rule's warning or its critical limit on or off. Raises as `change` does."""
    return change(rule, {f"{severity}_on": on}, user, now)


def switch_off(rule: Rule, user: User, now: datetime) -> Rule:
    """Switch the whole rule off: its open alerts end at the next evaluation, and who was told of one is told of its end."""
    return change(rule, dict.fromkeys(SWITCHES, False), user, now)


@transaction.atomic
def create_own(
    cluster: Cluster,
    fields: Mapping[str, Any],
    user: User,
    now: datetime,
    *,
    channels: Sequence[Channel] = (),
) -> Rule:
    """A rule on any metric of any subject, from the fields of OWN and CHANGEABLE. Raises as `change` does."""
    if strange := [name for name in fields if name not in (*CHANGEABLE, *OWN)]:
        raise ValidationError(f"{', '.join(strange)} is nothing that a rule has.")
    if Rule.objects.filter(cluster=cluster, own=True).count() >= MOST_OWN:
        raise ValidationError(f"There are {MOST_OWN} own rules already: delete one that nobody needs.")
    rule = Rule(cluster=cluster, own=True, changed_at=now, changed_by=user.get_username(), **fields)
    rule.key = "own-new"
    _check(rule)
    rule.save()
    rule.key = f"own-{rule.pk}"
    rule.save(update_fields=["key"])
    rule.channels.set(channels)
    _tell(rule, "", "made", user, now)
    return rule


@transaction.atomic
def delete_own(rule: Rule, user: User, now: datetime) -> None:
    """Delete an own rule with its history. ValidationError while it is on or alerts of it are open: their end is owed first."""
    locked = Rule.objects.select_for_update().get(pk=rule.pk)
    if not locked.own:
        raise ValidationError("A rule of the catalogue cannot be deleted: switch it off.")
    if locked.on:
        raise ValidationError("Switch the rule off before it is deleted, so that whoever was told hears of the end.")
    if Alert.objects.filter(rule=locked, ended_at=None).exists():
        raise ValidationError("Its alerts are about to end: delete it in a minute.")
    _tell(locked, "off", "deleted", user, now)
    locked.delete()


def _names(rule: Rule) -> list[str]:
    return sorted(rule.channels.values_list("name", flat=True))


def _tell(rule: Rule, before: str, after: str, user: User, now: datetime) -> None:
    _event(rule, before, after, now, by=user.get_username()).save()


def _event(rule: Rule, before: str, after: str, now: datetime, *, by: str = "") -> Event:
    return Event(
        cluster_id=rule.cluster_id,
        kind=Event.Kind.RULE,
        subject=rule.key,
        name=rule.name,
        before=before[:255],
        after=after[:255],
        taken_at=now,
        seen_at=now,
        by=by,
    )


def _check(rule: Rule) -> None:
    """Raises ValidationError by field."""
    wrong: dict[str, str] = {}
    for name in LIMITS:
        limit = getattr(rule, name)
        if limit is not None and not math.isfinite(limit):
            wrong[name] = "Give a number."
    for severity in ("warning", "critical"):
        wrong.update(_wrong_limit(rule, severity))
    for name in SPANS:
        if not 0 <= getattr(rule, name) <= LONGEST_SECONDS:
            wrong[name] = "Give a time of at most 31 days."
    if rule.own:
        wrong.update(_wrong_own(rule))
    if wrong:
        raise ValidationError(wrong)
    empty = {field.name for field in Rule._meta.concrete_fields if getattr(rule, field.attname) is None}
    rule.clean_fields(exclude={"cluster", "key", *empty})


def _wrong_limit(rule: Rule, severity: str) -> dict[str, str]:
    limit, clear = getattr(rule, severity), getattr(rule, f"{severity}_clear")
    if getattr(rule, f"{severity}_on") and limit is None:
        return {severity: f"Give a limit, or switch {severity} off."}
    if limit is None or clear is None:
        return {}
    above = rule.comparison == Rule.Comparison.ABOVE
    if clear > limit if above else clear < limit:
        side = "below" if above else "above"
        return {f"{severity}_clear": f"The value that ends it must lie {side} the limit or be the same."}
    return {}


def _wrong_own(rule: Rule) -> dict[str, str]:
    wrong = {}
    if not rule.name.strip():
        wrong["name"] = "Give the rule a name."
    if not rule.metric.strip():
        wrong["metric"] = "Say which metric."
    if not rule.subject_kind:
        wrong["subject_kind"] = "Say of what kind of subject."
    if not 60 <= rule.window_seconds <= LONGEST_WINDOW_SECONDS:
        wrong["window_seconds"] = "Give a time between one minute and seven days."
    if rule.warning_on and rule.critical_on and rule.warning is not None and rule.critical is not None:
        milder = (
            rule.warning <= rule.critical if rule.comparison == Rule.Comparison.ABOVE else rule.warning >= rule.critical
        )
        if not milder:
            wrong["critical"] = "The critical limit must be reached after the warning's."
    return wrong
