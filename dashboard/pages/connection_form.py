"""The form that connects a cluster or changes its connection.

Token and password are write-only: neither is ever put back into the page, nor is anything that is stored to sign in with.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from collectors.login import LONGEST_PASSWORD, LONGEST_UID, Account
from collectors.target import Target
from collectors.tokens import LONGEST_TOKEN
from dashboard import connecting
from dashboard.connecting import Connection
from dashboard.models import Cluster, Credential
from dashboard.models.clusters import NAME_RULE

LARGEST_CA_BYTES = 256 * 1024


class ConnectionForm(forms.Form):
    """All that is needed to reach a cluster; `stored` is the cluster whose connection is being changed."""

    url = forms.CharField(
        label="Cluster URL",
        max_length=500,
        help_text="The address of the DC/OS UI (Admin Router), or of any Mesos master: https://dcos.example.org",
        widget=forms.URLInput(attrs={"class": "input", "autocomplete": "off", "autofocus": True}),
    )
    kind = forms.ChoiceField(
        choices=Cluster.Kind.choices,
        initial=Cluster.Kind.DCOS,
        widget=forms.Select(attrs={"class": "input"}),
        help_text="DC/OS is read through Admin Router, plain Mesos at its masters.",
    )
    name = forms.CharField(
        max_length=63,
        validators=[NAME_RULE],
        help_text="Used in addresses: /c/prod-eu/. Lower-case letters, digits and hyphens.",
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    token = forms.CharField(
        required=False,
        label="Token",
        max_length=LONGEST_TOKEN,
        help_text="The login token: dcos config show core.dcos_acs_token. It ends after days; a password does not.",
        widget=forms.PasswordInput(attrs={"class": "input m", "autocomplete": "off"}, render_value=False),
    )
    uid = forms.CharField(
        required=False,
        label="User name",
        max_length=LONGEST_UID,
        widget=forms.TextInput(attrs={"class": "input", "autocomplete": "off"}),
    )
    password = forms.CharField(
        required=False,
        strip=False,
        max_length=LONGEST_PASSWORD,
        help_text="An account of DC/OS (Enterprise, or Open Source from 1.13 on), best one that may only read. Over http:// "
        "anybody on the way can read it.",
        # Not "off", which browsers override: what they would fill in is a person's password for Day Two.
        widget=forms.PasswordInput(attrs={"class": "input", "autocomplete": "new-password"}, render_value=False),
    )
    ca_file = forms.FileField(
        required=False,
        label="CA file",
        help_text="PEM file of the authority to trust, where it is not the system's. A DC/OS cluster serves its own at "
        "/ca/dcos-ca.crt",
        widget=forms.FileInput(attrs={"class": "input", "accept": ".pem,.crt,.cer"}),
    )
    masters = forms.CharField(
        required=False,
        label="Masters",
        max_length=4000,
        help_text="One URL a line, where the masters can be asked directly: http://10.0.0.11:5050. "
        "Plain Mesos: the other masters. DC/OS: only where they are not at port 5050.",
        widget=forms.Textarea(attrs={"class": "input m", "rows": 3, "autocomplete": "off"}),
    )
    marathons = forms.CharField(
        required=False,
        label="Marathons",
        max_length=4000,
        help_text="One URL a line. DC/OS: those beside its own: https://dcos.example.org/service/marathon-user. "
        "Plain Mesos: each of them: http://10.0.0.11:8080.",
        widget=forms.Textarea(attrs={"class": "input m", "rows": 2, "autocomplete": "off"}),
    )
    forget_credential = forms.BooleanField(required=False)

    target: Target
    """How the cluster would be reached, once the form is valid."""

    def __init__(self, *args: Any, stored: Cluster | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.stored = stored
        self.account: Account | None = None
        if stored is not None and hasattr(stored, "credential"):
            self.fields["forget_credential"].label = f"Forget the {stored.credential.get_kind_display().lower()}"
        else:
            del self.fields["forget_credential"]
        if stored is not None:
            self.fields["url"].widget.attrs.pop("autofocus")
            # A name stands in every address and a kind decides what was ever collected: neither changes.
            del self.fields["name"], self.fields["kind"]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Cluster.objects.filter(name=name).exists():
            raise ValidationError("A cluster of this name is connected already; choose another name.")
        return name

    def clean_ca_file(self) -> str:
        """The file's text; the stored one where none was given."""
        file: UploadedFile | None = self.cleaned_data["ca_file"]
        if file is None:
            return self.stored.ca_pem if self.stored else ""
        if (file.size or 0) > LARGEST_CA_BYTES:
            raise ValidationError("This is too large for a CA file; give the PEM file with the certificate alone.")
        try:
            return str(file.read().decode("ascii"))
        except UnicodeDecodeError:
            raise ValidationError("This is no PEM file: it holds bytes that are not text.") from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors:
            self._clean_sign_in(cleaned["token"].strip(), cleaned["uid"].strip(), cleaned["password"])
        if not self.errors:
            self.target = connecting.target(self.connection(), self.stored)
        return cleaned

    def _clean_sign_in(self, token: str, uid: str, password: str) -> None:
        """A token, a user name with its password, or neither."""
        if token and (uid or password):
            self.add_error("token", "Give a token, or a user name with its password, not both.")
        elif password and not uid:
            self.add_error("uid", "Give the user name too: it is stored with its password.")
        elif uid and not password:
            self.add_error("password", "Give the password too: it is stored with its user name.")
        elif uid:
            try:
                self.account = Account(uid, password)
            except ValueError as error:
                self.add_error("password", f"{error}.")

    @property
    def in_clear(self) -> bool:
        """Whether the password that was given, or the stored one, is readable on its way to the cluster."""
        if self.is_bound:
            return not self.errors and connecting.is_told_in_clear(self.target)
        held = self.stored if self.stored is not None and hasattr(self.stored, "credential") else None
        return held is not None and held.credential.kind == Credential.Kind.PASSWORD and held.url.startswith("http:")

    @property
    def lost(self) -> bool:
        """Whether the page that shows this form once more lacks what was given: no secret and no file comes back."""
        return bool(self.cleaned_data.get("token") or self.cleaned_data.get("password") or self.files)

    def connection(self) -> Connection:
        """What was given, once the form is valid."""
        given = self.cleaned_data
        return Connection(
            name=self.stored.name if self.stored else given["name"],
            kind=self.stored.kind if self.stored else given["kind"],
            url=given["url"].strip(),
            master_urls=_lines(given["masters"]),
            marathon_urls=_lines(given["marathons"]),
            token=given["token"].strip() or None,
            account=self.account,
            forget_credential=given.get("forget_credential", False),
            ca_pem=given["ca_file"],
        )


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())
