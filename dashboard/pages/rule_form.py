"""The form of a rule, laid out as a sentence: what may be changed of any rule, in the units that people read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.http import QueryDict

from dashboard import figures
from dashboard.models import Channel, Rule
from dashboard.pages.limit_values import parsed, typed
from dashboard.store.rules import LIMITS, SPANS, SWITCHES

SPANS_OFFERED = (0, 60, 120, 180, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400)
REPEATS_OFFERED = (0, 1800, 3600, 14_400, 28_800, 86_400)
LONGEST_LIMIT = 40


class LimitField(forms.CharField):
    """A limit as people type it; its value is a number in the rule's unit, or None for none."""

    def __init__(self, unit: str, label: str, placeholder: str = "") -> None:
        self.unit = unit
        attrs = {"class": "input", "size": 7, "autocomplete": "off", "aria-label": label, "placeholder": placeholder}
        super().__init__(
            label=label, required=False, max_length=LONGEST_LIMIT, widget=forms.TextInput(attrs=attrs), strip=True
        )

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parsed(text, self.unit)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error


class SpanField(forms.TypedChoiceField):
    """One of a few times; what the rule has now is always among them."""

    def __init__(self, label: str, offered: Iterable[int], present: int, nothing: str) -> None:
        choices = [(one, figures.duration(one) if one else nothing) for one in sorted({*offered, present})]
        select = forms.Select(attrs={"class": "input", "aria-label": label})
        super().__init__(label=label, choices=choices, coerce=int, widget=select)


class RuleForm(forms.Form):
    """Bound to what was typed, else to the rule as it is. `fields_changed` are what `store.rules.change` takes."""

    warning_on = forms.BooleanField(label="Warning", required=False)
    critical_on = forms.BooleanField(label="Critical", required=False)

    def __init__(
        self, data: QueryDict | None, *, rule: Rule, unit: str, channels: Sequence[Channel], numbered: bool = True
    ) -> None:
        """`numbered`: whether its limits are numbers that say anything; else it holds or does not."""
        super().__init__(data, initial=_initial(rule, unit, channels))
        names = {"warning": "Warning limit", "warning_clear": "Warning is over at"}
        names |= {"critical": "Critical limit", "critical_clear": "Critical is over at"}
        for name, label in names.items() if numbered else ():
            self.fields[name] = LimitField(unit, label, "the limit" if name.endswith("clear") else "")
        self.fields["for_seconds"] = SpanField("For how long", SPANS_OFFERED, rule.for_seconds, "no time at all")
        self.fields["clear_seconds"] = SpanField("Over after", SPANS_OFFERED, rule.clear_seconds, "at once")
        self.fields["repeat_seconds"] = SpanField("Say again", REPEATS_OFFERED, rule.repeat_seconds, "never")
        self.fields["channels"] = forms.ModelMultipleChoiceField(
            Channel.objects.filter(pk__in=[channel.pk for channel in channels]),
            label="Tell",
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )

    @property
    def errors_beside(self) -> list[str]:
        """What is wrong with anything but a limit, with the name of its field."""
        named = {
            name: found for name, found in self.errors.items() if name not in (*LIMITS, *SWITCHES, NON_FIELD_ERRORS)
        }
        return [f"{self.fields[name].label}: {error}" for name, found in named.items() for error in found]

    def changed_fields(self) -> dict[str, Any]:
        """Of a valid form: each column that it has a field for, with its value."""
        return {name: self.cleaned_data[name] for name in (*LIMITS, *SWITCHES, *SPANS) if name in self.fields}

    def proposed(self, rule: Rule) -> Rule:
        """The rule as it would be, not saved; of a form that is not valid, as it is."""
        copy = Rule(**{field.attname: getattr(rule, field.attname) for field in Rule._meta.concrete_fields})
        if self.is_bound and self.is_valid():
            for name, value in self.changed_fields().items():
                setattr(copy, name, value)
        return copy


def _initial(rule: Rule, unit: str, channels: Sequence[Channel]) -> dict[str, Any]:
    limits = {name: typed(getattr(rule, name), unit) for name in LIMITS}
    others = {name: getattr(rule, name) for name in (*SWITCHES, *SPANS)}
    told = set(rule.channels.values_list("pk", flat=True)) if rule.pk else set()
    return {**limits, **others, "channels": [channel.pk for channel in channels if channel.pk in told]}
