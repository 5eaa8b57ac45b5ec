"""Rules as sentences: values in their unit, limits, and the whole rule as pages and notices tell it. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard import figures
from dashboard.alerts.rules import BY_KEY
from dashboard.amounts import amount
from dashboard.models import Rule, Severity, Subject
from dashboard.queries import metric_catalogue

Kind = Subject.Kind
Measure = Rule.Measure
ANY: Mapping[Kind, str] = {
    Kind.CLUSTER: "the cluster",
    Kind.MASTER: "any master",
    Kind.NODE: "any agent",
    Kind.FRAMEWORK: "any framework",
    Kind.ZONE: "any zone",
    Kind.COMPONENTS: "the components",
    Kind.HOST: "any machine",
    Kind.FILESYSTEM: "any filesystem",
    Kind.INTERFACE: "any network interface",
    Kind.USE: "any part of the cluster whose use is measured",
    Kind.AGENT: "any agent process",
    Kind.CONTAINER: "any container",
    Kind.CONTAINER_USE: "any part of the cluster that containers use",
    Kind.ROLE: "any role",
}
MEASURES: Mapping[str, str] = {Measure.RATE: "rate of", Measure.INCREASE: "increase of"}


def unit(rule: Rule) -> str:
    """The unit of a rule's values; empty where it has no number, or none is known."""
    if not rule.own:
        return BY_KEY[rule.key].unit if rule.key in BY_KEY else ""
    return metric_catalogue.known(Kind(rule.subject_kind), rule.metric).unit


def value(rule: Rule, found: float | None) -> str:
    """A value of this rule, or a limit of it."""
    return amount(found, unit(rule), rate=rule.own and rule.measure == Measure.RATE)


def limit(rule: Rule, severity: str) -> str:
    """One limit as it is compared: "above 90 %"; empty where the rule has none."""
    found = rule.critical if severity == Severity.CRITICAL else rule.warning
    definition = BY_KEY.get(rule.key)
    if found is None or (definition is not None and not definition.unit):
        return ""
    if definition is not None and definition.inclusive:
        word = "at least" if rule.comparison == Rule.Comparison.ABOVE else "at most"
    else:
        word = rule.get_comparison_display()
    return f"{word} {value(rule, found)}"


def what(rule: Rule) -> str:
    """What is measured, as a phrase."""
    if not rule.own:
        return BY_KEY[rule.key].what if rule.key in BY_KEY else rule.name
    words = metric_catalogue.known(Kind(rule.subject_kind), rule.metric).words
    if rule.measure == Measure.VALUE:
        return words
    return f"{MEASURES[rule.measure]} {words} over {figures.duration(rule.window_seconds)}"


def where(rule: Rule) -> str:
    """Of which subjects an operator's own rule is."""
    kind = Kind(rule.subject_kind)
    if not rule.subject_key or kind == Kind.CLUSTER:
        return ANY[kind]
    return f"{kind.label.lower()} {rule.subject_key}"


def sentence(rule: Rule) -> str:
    """The whole rule: "when allocated memory is above 90 % for 10 min in any zone". Limits that are off are told too."""
    limits = {
        severity: text for severity in (Severity.WARNING, Severity.CRITICAL) if (text := limit(rule, severity.value))
    }
    if len(limits) == 2:
        is_ = " is " + ", or ".join(f"{text} ({severity.value})" for severity, text in limits.items())
    else:
        is_ = "".join(f" is {text}" for text in limits.values())
    for_ = f" for {figures.duration(rule.for_seconds)}" if rule.for_seconds else ""
    in_ = f" in {where(rule)}" if rule.own else ""
    return f"when {what(rule)}{is_}{for_}{in_}"
