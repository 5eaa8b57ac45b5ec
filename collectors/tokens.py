"""Which token a request carries: that of a source, had once a poll, for registered origins only, renewed at most once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar, Protocol

from collectors.addresses import Origin, origin_of
from collectors.errors import PollError

if TYPE_CHECKING:
    from collectors.client import Client

LONGEST_TOKEN = 8000
"""Characters. Servers take headers of 8 KiB; DC/OS' own tokens have some 500."""


class TokenSource(Protocol):
    """Whoever knows the token: it is typed in once, or had by signing in."""

    @property
    def renewable(self) -> bool:
        """Whether there can ever be another one after a refusal."""

    def current(self, client: Client) -> str:
        """The token to begin with, within the client's time. PollError where there is none to be had."""

    def after_refusal(self, client: Client, refused: str) -> str | None:
        """Another one than the refused; None where the refusal stands. PollError where it could not be had."""


@dataclass(frozen=True)
class FixedToken:
    """A token that somebody gave: a refusal stands."""

    text: str = field(repr=False)
    renewable: ClassVar[bool] = False

    def current(self, client: Client) -> str:
        return self.text

    def after_refusal(self, client: Client, refused: str) -> str | None:
        return None


class Bearer:
    """The token of one client, which is of one poll."""

    def __init__(self, source: TokenSource | None, origins: Iterable[Origin]) -> None:
        self._source, self._origins = source, frozenset(origins)
        self._token: str | None = None
        self._renewed = False

    def token_for(self, url: str, client: Client) -> str | None:
        """What to tell this URL; None for a stranger. May sign in first, which takes time. PollError."""
        if self._source is None or origin_of(url) not in self._origins:
            return None
        if self._token is None:
            self._token = self._source.current(client)
        return self._token

    def may_renew(self, error: PollError) -> bool:
        """Whether a request that ended so may be worth asking again with another token: the poll's first 401."""
        refused = error.http_status == HTTPStatus.UNAUTHORIZED and self._token is not None
        renewable = self._source is not None and self._source.renewable and not self._renewed
        return refused and renewable and origin_of(error.url) in self._origins

    def renew(self, client: Client) -> bool:
        """Whether there is another token from now on; asked once a poll, for it may take seconds. PollError."""
        self._renewed = True
        if self._source is None or self._token is None:
            return False
        token = self._source.after_refusal(client, self._token)
        self._token = token or self._token
        return token is not None


def check_token(token: str) -> None:
    """ValueError for a token that could not be sent, or would forge a header."""
    if not (token and token.isascii() and token.isprintable() and len(token) <= LONGEST_TOKEN):
        raise ValueError("The token holds line breaks or special characters; give the bare token on one line")
