"""What the page of a rule tells: its sentence, how it stands, what a change would change, the message it would send."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.forms import BoundField, Form
from django.http import QueryDict

from dashboard import figures
from dashboard.alerts import in_words
from dashboard.alerts.definition import Definition
from dashboard.alerts.rules import BY_KEY
from dashboard.models import Alert, Channel, Notice, Rule, Subject
from dashboard.models.rules import Severity
from dashboard.pages.alert_near import nearest_limit
from dashboard.pages.alert_rows import comparison, limited, numbered
from dashboard.pages.rule_form import RuleForm
from dashboard.pages.rule_own_form import OwnRuleForm
from dashboard.queries import alert_rules, rule_choices
from dashboard.store.notice_texts import Told, told
from dashboard.store.rule_words import said
from dashboard.store.rules import CHANGEABLE, OWN


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What would be sent, and whether it is of an alert that there was or of one made up."""

    told: Told
    real: bool


def definition(rule: Rule) -> Definition | None:
    """Of the catalogue; None of an operator's own rule, and of one that is no longer in it."""
    return BY_KEY.get(rule.key)


def brief(rule: Rule) -> str:
    """What is measured, in the first sentence of it."""
    return in_words.what(rule).partition(". ")[0].rstrip(".")


def changed(rule: Rule, proposed: Rule) -> str:
    """What is other than it is kept: "critical limit 90 % → 85 %"; empty where nothing is."""
    unit = in_words.unit(rule)
    turned = [name for name in (*CHANGEABLE, *OWN) if getattr(rule, name) != getattr(proposed, name)]
    return ", ".join(
        f"{said(name, getattr(rule, name), unit)} → {said(name, getattr(proposed, name), unit)}" for name in turned
    )


def about(rule: Rule, now: datetime) -> list[tuple[str, str]]:
    """How it stands, by name."""
    nearest = f"{in_words.value(rule, rule.closest_value)} {rule.closest_name}".strip()
    facts = [
        ("Judged", f"{figures.ago(now - rule.judged_at)}" if rule.judged_at else "not yet"),
        ("Subjects", figures.count(rule.subjects) if rule.judged_at else ""),
        ("Not known", figures.count(rule.subjects_unknown) if rule.judged_at else ""),
        ("Nearest to a limit", nearest if rule.closest_value is not None else ""),
        ("Changed by", f"{rule.changed_by}, {figures.instant(rule.changed_at, now)}" if rule.changed_by else "nobody"),
    ]
    return [(name, value) for name, value in facts if value]


def message(rule: Rule, proposed: Rule, now: datetime) -> Preview | None:
    """The notice of the alert that fired last, else of one made up at the limit; None where the rule has no limit at all."""
    last = alert_rules.latest(rule) if rule.pk else None
    limit, severity = nearest_limit(proposed)
    if last is None and limit is None:
        return None
    alert = last or _made_up(proposed, limit, severity, now)
    text = told(
        Notice.Kind.PROBLEM,
        alert.severity,
        rule.cluster,
        proposed,
        [alert],
        count=1,
        unit=in_words.unit(rule),
        holders={},
        now=now,
    )
    return Preview(told=text, real=last is not None)


def _made_up(rule: Rule, limit: float | None, severity: Severity, now: datetime) -> Alert:
    subject = rule.closest_name or (in_words.where(rule) if rule.own else rule.cluster.name)
    return Alert(
        cluster=rule.cluster,
        rule=rule,
        state=Alert.State.FIRING,
        severity=severity,
        name=subject,
        sentence=f"{subject}: {rule.name.lower()}, {limited(rule, limit)}",
        value=limit,
        limit=limit,
        pending_since=now,
        fired_at=now,
    )


def form(data: QueryDict | None, *, rule: Rule, channels: Sequence[Channel], now: datetime) -> RuleForm:
    """Of a rule of the catalogue its limits and times; of an own rule all of it."""
    if not rule.own:
        return RuleForm(data, rule=rule, unit=in_words.unit(rule), channels=channels, numbered=numbered(rule))
    offered = rule_choices.of(rule.cluster, now)
    choice = next((one for one in offered if one.kind == rule.subject_kind), None)
    kind = Subject.Kind(rule.subject_kind)
    return OwnRuleForm(
        data,
        rule=rule,
        choice=choice,
        channels=channels,
        find=lambda text: rule_choices.named(rule.cluster, kind, text, now),
    )


def add_errors(form: Form, error: ValidationError) -> None:
    """What the store refused, at the fields of the form where it has them."""
    if not hasattr(error, "error_dict"):
        form.add_error(None, error.messages)
        return
    for name, sentences in error.message_dict.items():
        form.add_error(name if name in form.fields else None, sentences)


def deck_words(rule: Rule) -> str:
    """Whether it is one of Mesos' own table."""
    known = definition(rule)
    return "One of the eight Mesos rules." if known is not None and known.deck_row is not None else ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One severity in the sentence, with its fields; limits None: it holds or does not."""

    severity: str
    comparison: str
    on: BoundField
    limit: BoundField | None
    clear: BoundField | None
    errors: list[str]


def lines(rule: Rule, form: RuleForm) -> list[Line]:
    """Those the rule has, or can have."""
    return [_line(severity, rule, form) for severity in _severities(rule, definition(rule))]


def _line(severity: str, rule: Rule, form: RuleForm) -> Line:
    names = (severity, f"{severity}_clear", f"{severity}_on")
    return Line(
        severity=severity,
        comparison="" if rule.own else comparison(rule),
        on=form[f"{severity}_on"],
        limit=form[severity] if severity in form.fields else None,
        clear=form[f"{severity}_clear"] if severity in form.fields else None,
        errors=[str(error) for name in names for error in form.errors.get(name, [])] if form.is_bound else [],
    )


def _severities(rule: Rule, known: Definition | None) -> list[str]:
    if known is None:
        return list(Severity.values)
    has = {Severity.WARNING: (known.warning, rule.warning), Severity.CRITICAL: (known.critical, rule.critical)}
    return [severity.value for severity, limits in has.items() if any(limit is not None for limit in limits)]
