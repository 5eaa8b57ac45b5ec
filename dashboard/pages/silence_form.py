"""The form of a new silence. It is filled in from the address, so that a link can propose one and a preview can follow it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import forms

from dashboard import matching
from dashboard.models import Silence
from dashboard.pages.silence_times import moment

LONGEST_TIME = 40
USUAL = {"what": "", "begins": "now", "ends": "1 h", "why": "", "kind": Silence.Kind.SILENCE.value, "tell": "on"}


def _text(**attrs: object) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "input", "autocomplete": "off", **attrs})


class SilenceForm(forms.Form):
    """Valid once it may be kept; what, begins and ends are asked for one by one by the preview."""

    what = forms.CharField(
        label="What",
        max_length=matching.LONGEST,
        widget=_text(spellcheck="false"),
        help_text="word:value pairs that all must hold; commas between alternatives.",
        error_messages={"required": "Say which alerts are meant, such as node:10.0.0.1 or rule:R38 severity:warning."},
    )
    kind = forms.ChoiceField(
        label="Kind",
        choices=[
            (Silence.Kind.SILENCE, "Silence"),
            (Silence.Kind.MAINTENANCE, "Maintenance of nodes: their failures in it are planned"),
        ],
        widget=forms.Select(attrs={"class": "input"}),
    )
    begins = forms.CharField(label="From, UTC", max_length=LONGEST_TIME, widget=_text(list="begin-times"))
    ends = forms.CharField(
        label="Until, UTC",
        max_length=LONGEST_TIME,
        widget=_text(list="end-times"),
        help_text="1 h, 16:30, 25 Nov 08:00",
    )
    why = forms.CharField(
        label="Why",
        max_length=500,
        widget=_text(),
        error_messages={"required": "Say why: the next person on call reads it."},
    )
    tell = forms.BooleanField(label="Tell when it ends and the alert still fires", required=False)

    use_required_attribute = False
    """A browser would not ask for the preview while a reason is missing; the server says better what is."""

    def __init__(self, data: Mapping[str, Any] | None, *, now: datetime, filled: Mapping[str, str] = USUAL) -> None:
        super().__init__(data, initial={**filled})
        self.now = now

    def clean_what(self) -> str:
        text: str = self.cleaned_data["what"]
        try:
            matching.parse(text)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
        return text

    def clean_begins(self) -> datetime:
        return self._moment("begins", None)

    def clean_ends(self) -> datetime:
        return self._moment("ends", self.cleaned_data.get("begins"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        begins, ends = said.get("begins"), said.get("ends")
        if ends and ends <= self.now:
            self.add_error("ends", "It would be over already: choose an end that is to come.")
        elif begins and ends and ends <= begins:
            self.add_error("ends", "It would end before it begins: choose a later end.")
        return said

    def _moment(self, name: str, after: datetime | None) -> datetime:
        try:
            return moment(self.cleaned_data[name], self.now, after)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from error
