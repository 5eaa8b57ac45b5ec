"""Which alerts nobody needs to be told of, because another one that fires explains them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from dashboard.alerts.definition import EVERYTHING, Definition
from dashboard.models import Alert, Severity


def inhibit(alerts: Sequence[Alert], catalogue: Mapping[str, Definition]) -> None:
    """Set `inhibited_by` of every alert that fires: the sentence of what explains it, or nothing.

    What is explained explains nothing itself, so that two never keep each other quiet.
    """
    for alert in alerts:
        alert.inhibited_by = ""
    order = {key: place for place, key in enumerate(catalogue)}
    explaining = sorted(_explaining(alerts, catalogue), key=lambda one: _place(one, catalogue, order))
    if explaining:
        of_rule, of_host = _by(alerts, lambda one: one.rule.key), _by(alerts, lambda one: one.host)
    for alert in explaining:
        rule = catalogue[alert.rule.key]
        if alert.inhibited_by:
            continue
        muted = rule.mutes if alert.severity == Severity.CRITICAL else frozenset()
        if muted == EVERYTHING:
            _explain(alert, alerts, rule)
        for key in muted:
            _explain(alert, of_rule.get(key, ()), rule)
        if rule.mutes_host and alert.host:
            _explain(alert, of_host[alert.host], rule)


def _by(alerts: Iterable[Alert], key: Callable[[Alert], str]) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = {}
    for alert in alerts:
        found.setdefault(key(alert), []).append(alert)
    return found


def _explaining(alerts: Iterable[Alert], catalogue: Mapping[str, Definition]) -> list[Alert]:
    found = []
    for alert in alerts:
        rule = catalogue.get(alert.rule.key)
        if rule and ((rule.mutes and alert.severity == Severity.CRITICAL) or (rule.mutes_host and alert.host)):
            found.append(alert)
    return found


def _place(alert: Alert, catalogue: Mapping[str, Definition], order: Mapping[str, int]) -> tuple[int, int, str]:
    """What explains everything comes first, then what explains other rules, then what explains a host."""
    rule = catalogue[alert.rule.key]
    width = 0 if rule.mutes == EVERYTHING else 1 if rule.mutes else 2
    return width, order[rule.key], alert.subject


def _explain(because: Alert, alerts: Iterable[Alert], rule: Definition) -> None:
    said = f"{rule.name}: {because.sentence}"[:255]
    for alert in alerts:
        if not alert.inhibited_by and alert.rule_id != because.rule_id:
            alert.inhibited_by = said
