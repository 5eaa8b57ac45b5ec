"""Tries to sign in, kept for some minutes to slow down guessing."""

from __future__ import annotations

from django.db import models


class SignInTry(models.Model):
    """One try under one key: a keyed digest of a user name or of an address, never the text itself."""

    key = models.CharField(max_length=64)
    tried_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["key", "tried_at"], name="sign_in_try_of_key")]

    def __str__(self) -> str:
        return f"{self.key[:8]} at {self.tried_at:%H:%M:%S}"
