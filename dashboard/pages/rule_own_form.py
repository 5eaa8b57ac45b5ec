"""The form of an operator's own rule: any metric that is stored, of one subject or of every subject of a kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from django.http import QueryDict

from dashboard import figures
from dashboard.alerts import in_words
from dashboard.hostile_text import visible
from dashboard.models import Channel, Rule, Subject
from dashboard.pages.rule_form import RuleForm, SpanField
from dashboard.queries import metric_catalogue
from dashboard.queries.metric_catalogue import Known
from dashboard.queries.rule_choices import Choice
from dashboard.store.rules import OWN

WINDOWS_OFFERED = (300, 600, 1800, 3600, 21_600, 86_400)
LONGEST_NAME, LONGEST_SUBJECT = 200, 255
MOST_NAMED = 5
Find = Callable[[str], list[tuple[str, str]]]
"""Subjects of the kind, key and name, that hold a text."""


class OwnRuleForm(RuleForm):
    """Of one kind of subject, which does not change any more; limits are in the unit of the metric that is chosen."""

    def __init__(
        self,
        data: QueryDict | None,
        *,
        rule: Rule,
        choice: Choice | None,
        channels: Sequence[Channel],
        find: Find,
    ) -> None:
        kind = Subject.Kind(rule.subject_kind)
        offered = metrics(kind, choice, rule.metric)
        chosen = (data.get("metric", "") if data else "") or rule.metric or (offered[0].name if offered else "")
        self.known = next((one for one in offered if one.name == chosen), metric_catalogue.known(kind, rule.metric))
        super().__init__(data, rule=rule, unit=self.known.unit, channels=channels)
        self.kind, self.present = kind, rule.subject_key
        self.find = find if choice and choice.count and not choice.subjects else None
        self.initial.update({name: getattr(rule, name) for name in OWN})
        self.fields["subject_kind"] = forms.CharField(widget=forms.HiddenInput, max_length=16)
        self.fields["name"] = forms.CharField(
            label="Name", max_length=LONGEST_NAME, widget=_text("Name of the rule", size=32)
        )
        self.fields["metric"] = forms.ChoiceField(
            label="Metric", choices=[(one.name, _words(one)) for one in offered], widget=_select("Figure")
        )
        measures = [("value", "value of"), ("rate", "rate a second of"), ("increase", "increase of")]
        self.fields["measure"] = forms.ChoiceField(label="Measure", choices=measures, widget=_select("Measure"))
        self.fields["window_seconds"] = SpanField("Over", WINDOWS_OFFERED, rule.window_seconds, "no time")
        self.fields["comparison"] = forms.ChoiceField(
            label="Comparison", choices=Rule.Comparison.choices, widget=_select("Comparison")
        )
        self.fields["subject_key"] = _subject_field(kind, choice, rule.subject_key)

    def clean_subject_kind(self) -> str:
        """The kind that the fields are of: another one would have other metrics."""
        return self.kind.value

    def clean_subject_key(self) -> str:
        """Of a kind with too many to choose among, what was typed must be one of them; else those it may mean are named."""
        key: str = self.cleaned_data["subject_key"]
        if not key or self.find is None or key == self.present:
            return key
        found = self.find(key)
        if any(known == key for known, _ in found):
            return key
        if not found:
            raise forms.ValidationError(
                f"No {self.kind.label.lower()} of the past two hours has this in its key or name."
            )
        meant = ", ".join(
            visible(one if one == name else f"{one} ({name})", one_line=True) for one, name in found[:MOST_NAMED]
        )
        more = f" and {figures.count(len(found) - MOST_NAMED)} more" if len(found) > MOST_NAMED else ""
        raise forms.ValidationError(f"Give the whole key of one of these: {meant}{more}.")

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        if said.get("measure") in ("rate", "increase") and not self.known.counter:
            self.add_error("measure", f"{self.known.words} goes up and down: only its value can be watched.")
        return said

    def changed_fields(self) -> dict[str, Any]:
        return {**super().changed_fields(), **{name: self.cleaned_data[name] for name in OWN}}


def metrics(kind: Subject.Kind, choice: Choice | None, present: str) -> list[Known]:
    """What is offered; what the rule watches now is among it, also when nothing has brought it lately."""
    offered = list(choice.metrics) if choice else []
    if present and all(one.name != present for one in offered):
        offered.insert(0, metric_catalogue.known(kind, present))
    return offered


def _words(known: Known) -> str:
    """Its meaning, its name where that says more, its unit."""
    unit = "" if known.unit in ("", "ratio", "percent") else f", {known.unit}"
    name = "" if known.words == known.name or known.unit == "ratio" else f" ({known.name})"
    return f"{known.words}{name}{unit}"


def _subject_field(kind: Subject.Kind, choice: Choice | None, present: str) -> forms.Field:
    """A choice where there are few of the kind; else the key is typed."""
    everyone = in_words.ANY[kind]
    listed = list(choice.subjects) if choice else []
    if not listed and kind != Subject.Kind.CLUSTER:
        hint = f"key or a part of it, empty for {everyone}"
        return forms.CharField(required=False, max_length=LONGEST_SUBJECT, widget=_text(hint, placeholder=hint))
    known = listed if not present or any(key == present for key, _ in listed) else [(present, present), *listed]
    named = [(key, name or key) for key, name in known] if kind != Subject.Kind.CLUSTER else []
    return forms.ChoiceField(required=False, choices=[("", everyone), *named], widget=_select("Where"))


def kind_words(choice: Choice) -> str:
    """A kind with how many there are of it."""
    return f"{choice.kind.label} ({figures.count(choice.count)})"


def _select(label: str) -> forms.Select:
    return forms.Select(attrs={"class": "input", "aria-label": label})


def _text(label: str, **attrs: object) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "input", "aria-label": label, "autocomplete": "off", **attrs})
