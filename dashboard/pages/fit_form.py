"""The form that asks how many more fit: what one instance needs, and how many are wanted."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import QueryDict

from dashboard.queries.room import Amount

GIB = 1024**3
MOST_CPUS, MOST_GIB, MOST_INSTANCES = 10_000, 100_000, 100_000
USUAL = {"cpus": "1", "mem": "2", "instances": "1"}
"""What is asked when nobody asked: the block then has an answer at once."""


def _number(label: str, most: int, example: str) -> dict[str, Any]:
    wrong = f"Give a number from 0 to {most:,}, such as {example}."
    return {
        "label": label,
        "min_value": 0,
        "max_value": most,
        "error_messages": dict.fromkeys(("required", "invalid", "min_value", "max_value"), wrong),
        "widget": _text("decimal"),
    }


def _text(inputmode: str) -> forms.TextInput:
    """A field that keeps what was typed, right or wrong: a number field shows nothing of what is none."""
    return forms.TextInput(attrs={"inputmode": inputmode, "size": 8})


class FitForm(forms.Form):
    """All of GET: it changes nothing, and its address can be passed on."""

    cpus = forms.FloatField(**_number("CPUs each", MOST_CPUS, "0.5"))
    mem = forms.FloatField(**_number("Memory each, GiB", MOST_GIB, "2"))
    instances = forms.IntegerField(
        label="Instances",
        min_value=1,
        max_value=MOST_INSTANCES,
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"),
            f"Give a whole number from 1 to {MOST_INSTANCES:,}.",
        ),
        widget=_text("numeric"),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("cpus") == 0 and cleaned.get("mem") == 0:
            raise forms.ValidationError(
                "An instance that needs neither CPU nor memory fits anywhere: give one of them."
            )
        return cleaned

    @property
    def need(self) -> Amount:
        """Of a valid form."""
        return Amount(self.cleaned_data["cpus"], self.cleaned_data["mem"] * GIB)

    @property
    def wanted(self) -> int:
        return int(self.cleaned_data["instances"])


def of(asked: QueryDict) -> FitForm:
    """The form as it was asked, else with the usual question."""
    given = {name: asked[name] for name in USUAL if name in asked}
    return FitForm({**USUAL, **given})
