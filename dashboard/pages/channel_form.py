"""The form of a channel, by its kind. What is secret is write-only: it is never put back into a page, given or stored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from dashboard.models import Channel, Severity
from dashboard.store import channel_checks
from dashboard.store.channels import URL_IS_SECRET, Given

Kind = Channel.Kind
SEVERITIES = ((Severity.WARNING, "Warning and critical"), (Severity.CRITICAL, "Critical only"))
OF_NOTICES = ("least_severity", "backup", "per_minute")
FIELDS: Mapping[str, tuple[str, ...]] = {
    Kind.EMAIL: ("name", "target", "sender", "server", "login", "secret", *OF_NOTICES),
    Kind.WEBHOOK: ("name", "target", "secret", *OF_NOTICES),
    Kind.ALERTMANAGER: ("name", "target", "secret", *OF_NOTICES),
    Kind.APPRISE: ("name", "secret", *OF_NOTICES),
    Kind.DEAD_MAN: ("name", "secret", "beat_seconds"),
}
TARGETS: Mapping[str, tuple[str, str]] = {
    Kind.EMAIL: ("To", "Mail addresses with commas between; all may be seen by all."),
    Kind.WEBHOOK: ("URL", "JSON is posted there; dashboard/alerts/channels/webhook.py says what is in it."),
    Kind.ALERTMANAGER: ("URL", "Its address without /api/v2/alerts: http://alertmanager.example.org:9093"),
}
SECRETS: Mapping[str, tuple[str, str, str]] = {
    # the label, what it is called in a sentence, what helps
    Kind.EMAIL: ("Password", "password", "Only where the server wants a login; over smtp:// none is sent."),
    Kind.WEBHOOK: (
        "Signing key",
        "signing key",
        "Each message is signed with it: the receiver knows us by X-DayTwo-Signature.",
    ),
    Kind.ALERTMANAGER: ("Bearer token", "bearer token", "Only where something before Alertmanager wants one."),
    Kind.APPRISE: (
        "Service URL",
        "URL",
        "As apprise writes it: slack://token_a/token_b/token_c/#channel, pagerduty://key@apikey, tgram://token/chat",
    ),
    Kind.DEAD_MAN: ("URL", "URL", "The address to ask while all is well, such as https://hc.example.com/ping/…"),
}
ABOUT: Mapping[str, str] = {
    Kind.EMAIL: "Plain text over SMTP; what is told of one group of alerts is one thread.",
    Kind.WEBHOOK: "JSON for a receiver of your own, signed, with an Idempotency-Key that stays the same at each try.",
    Kind.ALERTMANAGER: "Told each minute what still fires; grouping, silences and routes are its own.",
    Kind.APPRISE: "One of the hundred services that apprise knows: the URL says which, and is the secret.",
    Kind.DEAD_MAN: "Somebody outside who is told that Day Two is well, and cries when it falls silent. Told of no alert.",
}


def _text(**attrs: object) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "input", "autocomplete": "off", **attrs})


class ChannelForm(forms.Form):
    """The fields of one kind; `stored` is the channel that is being changed. Whether it may be kept the store says."""

    name = forms.CharField(max_length=100, widget=_text(), help_text="As people know it: on-call pager, mail ops@.")
    target = forms.CharField(max_length=500, widget=_text(spellcheck="false"))
    sender = forms.CharField(label="From", max_length=255, widget=_text(), help_text="daytwo@example.org")
    server = forms.CharField(
        label="Mail server",
        max_length=255,
        widget=_text(spellcheck="false"),
        help_text="smtp+tls://mail.example.org:587 (STARTTLS), smtps:// (TLS), or smtp:// (neither, and no password)",
    )
    login = forms.CharField(label="User name", required=False, max_length=255, widget=_text())
    secret = forms.CharField(
        required=False,
        strip=False,
        max_length=channel_checks.LONGEST_SECRET,
        # Not "off", which browsers override: what they would fill in is a person's password for Day Two.
        widget=forms.PasswordInput(attrs={"class": "input m", "autocomplete": "new-password"}, render_value=False),
    )
    forget_secret = forms.BooleanField(required=False)
    least_severity = forms.ChoiceField(
        label="Is told", choices=SEVERITIES, initial=Severity.WARNING, widget=forms.Select(attrs={"class": "input"})
    )
    backup = forms.ModelChoiceField(
        queryset=Channel.objects.none(),
        required=False,
        label="Second channel",
        empty_label="none",
        widget=forms.Select(attrs={"class": "input"}),
        help_text="Told instead of what this one has not taken for 5 min.",
    )
    per_minute = forms.IntegerField(
        label="At most a minute",
        initial=Given.per_minute,
        widget=forms.NumberInput(attrs={"class": "input"}),
        help_text="Notices beyond it wait; many services block who sends more.",
    )
    beat_seconds = forms.IntegerField(
        label="Every, in seconds", initial=Given.beat_seconds, widget=forms.NumberInput(attrs={"class": "input"})
    )

    def __init__(self, data: Mapping[str, Any] | None, *, kind: str, stored: Channel | None = None) -> None:
        super().__init__(data, initial=_initial(stored) if stored else None)
        self.kind, self.stored = kind, stored
        shown = list(FIELDS[kind])
        if self._may_forget:
            shown.insert(shown.index("secret") + 1, "forget_secret")
        self.fields = {name: self.fields[name] for name in shown}
        self._word()

    def _word(self) -> None:
        """Labels and choices of this kind."""
        label, called, help_text = SECRETS[self.kind]
        self.fields["secret"].label, self.fields["secret"].help_text = label, help_text
        if "forget_secret" in self.fields:
            self.fields["forget_secret"].label = f"Forget the {called}"
        if "target" in self.fields:
            self.fields["target"].label, self.fields["target"].help_text = TARGETS[self.kind]
        if "backup" in self.fields:
            others = Channel.objects.exclude(kind=Kind.DEAD_MAN).order_by("name")
            self.fields["backup"].queryset = others.exclude(pk=self.stored.pk) if self.stored else others  # type: ignore[attr-defined]

    @property
    def _may_forget(self) -> bool:
        """Where the URL is the secret there is nothing left without it."""
        return bool(self.stored and self.stored.sealed) and self.kind not in URL_IS_SECRET

    @property
    def secret_word(self) -> str:
        return SECRETS[self.kind][1]

    @property
    def about(self) -> str:
        return ABOUT[self.kind]

    @property
    def lost(self) -> bool:
        """Whether the page that shows this form once more lacks a secret that was given."""
        return bool(self.data.get("secret"))

    def clean(self) -> dict[str, Any]:
        said = super().clean() or self.cleaned_data
        if said.get("secret") and said.get("forget_secret"):
            self.add_error("secret", f"Give a new {self.secret_word} or forget the old one, not both.")
        return said

    def given(self) -> Given:
        """What was given, once the form is valid; fields that its kind does not know are left empty."""
        named = {name: self.cleaned_data[name] for name in self.cleaned_data if name in FIELDS[self.kind]}
        return Given(kind=self.kind, forget_secret=self.cleaned_data.get("forget_secret", False), **named)

    def refuse(self, problems: Mapping[str, list[str]]) -> None:
        """Tell what the store found wrong at its fields; what no field asks for stands above them."""
        for name, found in problems.items():
            self.add_error(name if name in self.fields else None, [f"{one.rstrip('.')}." for one in found])


def _initial(channel: Channel) -> dict[str, Any]:
    """What may be seen of it."""
    names = ("name", "target", "sender", "server", "login", "least_severity", "per_minute", "beat_seconds")
    return {**{name: getattr(channel, name) for name in names}, "backup": channel.backup_id}
