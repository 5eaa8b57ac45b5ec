"""Signing in, and changing one's own password."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import LoginView, PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils import timezone

from dashboard import figures
from dashboard.pages import throttle


def address_of(request: HttpRequest) -> str:
    """Where the request came from: behind our proxy the last address it forwarded, which is the one it saw itself."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_TLS_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


class SignInForm(AuthenticationForm):
    """Name and password. The answer to a wrong pair is the same whether or not such a user exists."""

    error_messages = {  # noqa: RUF012  Django's own attribute
        "invalid_login": "User name and password do not match.",
        "inactive": "User name and password do not match.",
        "throttled": "Too many tries. Wait %(wait)s, then try again.",
    }
    username = forms.CharField(
        label="User name",
        max_length=150,
        widget=forms.TextInput(attrs={"autofocus": True, "autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label="Password",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Count the try, then look at the password."""
        assert self.request is not None
        name, address, now = self.cleaned_data.get("username", ""), address_of(self.request), timezone.now()
        if wait := throttle.begin(name, address, now):
            text = self.error_messages["throttled"]
            raise ValidationError(text, code="throttled", params={"wait": figures.duration(wait)})
        cleaned: dict[str, Any] = super().clean()
        throttle.succeeded(name, address, now)
        return cleaned


class SignIn(LoginView):
    template_name = "pages/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True


class Password(PasswordChangeView):
    template_name = "pages/password.html"
    success_url = reverse_lazy("clusters")

    def form_valid(self, form: PasswordChangeForm) -> HttpResponse:
        messages.success(self.request, "Your password is changed; all your other sessions are signed out.")
        return super().form_valid(form)
