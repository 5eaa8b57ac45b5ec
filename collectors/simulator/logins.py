"""The identity service (ACS) behind the router, as Open Source DC/OS has it from 1.13 on: one user, tokens that end.

Document: https://docs.d2iq.com/mesosphere/dcos/latest/security/ent/iam-api/
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Any

import msgspec

from collectors.simulator.answers import Answer, Request, from_json, page

PREFIX = "/acs/api/v1/"
LOGIN_PATH = f"{PREFIX}auth/login"
LIFE_SECONDS = 2 * 86400.0
CHALLENGE = ("WWW-Authenticate", "acsjwt")


class Logins:
    """Who may sign in, and which tokens are good. `clock` gives the present, in seconds since 1970. Any thread may ask."""

    def __init__(
        self, user: str, password: str, *, life_seconds: float = LIFE_SECONDS, clock: Callable[[], float]
    ) -> None:
        self.life_seconds = life_seconds
        self.granted = self.refused = 0
        self._user, self._password, self._clock = user, password, clock
        self._key = secrets.token_bytes(32)

    @property
    def attempts(self) -> int:
        return self.granted + self.refused

    def revoke(self) -> None:
        """No token given until now is good any more, as after a change of the cluster's key."""
        self._key = secrets.token_bytes(32)

    def answer(self, request: Request) -> Answer:
        if request.path != LOGIN_PATH:
            return page(404)
        if request.method != "POST":
            return page(405)
        try:
            given = msgspec.json.decode(request.body, type=dict[str, Any])
        except msgspec.DecodeError:
            given = {}
        user, password = given.get("uid"), given.get("password")
        if not (isinstance(user, str) and isinstance(password, str) and user and password):
            self.refused += 1
            return _refusal(400, "400 Bad Request", "`uid` and `password` must not be empty strings")
        if (user, password) != (self._user, self._password):
            self.refused += 1
            title = "401 Unauthorized"
            return _refusal(401, title, "Invalid credentials.", CHALLENGE, code="ERR_INVALID_CREDENTIALS")
        self.granted += 1
        return from_json({"token": self.token()})

    def token(self) -> str:
        """A new one; its number makes it another than those of the same second."""
        claims = {"uid": self._user, "exp": int(self._clock() + self.life_seconds), "number": self.granted}
        text = f"{_packed({'alg': 'HS256', 'typ': 'JWT'})}.{_packed(claims)}"
        return f"{text}.{self._signature(text)}"

    def admits(self, token: str) -> bool:
        """Whether this is a token of ours that has not ended."""
        text, _, signature = token.rpartition(".")
        if not compare_digest(signature.encode(), self._signature(text).encode()):
            return False
        claims = text.partition(".")[2]
        said: dict[str, Any] = msgspec.json.decode(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        return bool(self._clock() < said["exp"])

    def _signature(self, text: str) -> str:
        return _bare(digest(self._key, text.encode(), sha256))


def _refusal(status: int, title: str, description: str, *headers: tuple[str, str], **more: str) -> Answer:
    return from_json({"title": title, "description": description, **more}, *headers, status=status)


def _packed(part: dict[str, Any]) -> str:
    return _bare(msgspec.json.encode(part))


def _bare(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
