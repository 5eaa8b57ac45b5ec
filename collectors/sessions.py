"""The tokens that signing in gave: in this process' memory only, shared by its threads, asked for as seldom as can be.

A token is renewed at 80 % of its life, and once when it is refused before that. A password that is refused is not tried
again for a minute, then two, four and so on up to ten, so that no account is locked by us: four times in the first ten
minutes, then once in ten. A renewed token that is refused as well pauses renewals alike.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from threading import Lock
from typing import ClassVar

from collectors.client import Client
from collectors.errors import Outcome, PollError
from collectors.login import Account, Grant, log_in

RENEWED_AT = 0.8
LOGIN_SECONDS = 10.0
LEAST_SECONDS = 2.0
"""Signing in is not begun with less: an answer that was cut off would be held against the cluster."""
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 60.0, 600.0
SILENCE_PAUSE_SECONDS = 10.0
"""After no answer, or the server's own failure."""
MOST_SESSIONS = 256
REFUSALS = frozenset({Outcome.AUTH, Outcome.RATE_LIMITED})

Ask = Callable[[], Grant]


class TooLate(PollError):
    """This poll has no time left to sign in: that is not the cluster's failure, and nothing is remembered of it."""

    def __init__(self) -> None:
        super().__init__(Outcome.TIMEOUT_HEADERS, "Sign-in: the poll's time was used up before it could be done")


@dataclass(frozen=True, kw_only=True)
class Held:
    """A token and its life by this process' clock."""

    grant: Grant
    since: float

    @property
    def renew_at(self) -> float:
        return self.since + RENEWED_AT * self.grant.life_seconds

    @property
    def ends_at(self) -> float:
        return self.since + self.grant.life_seconds


@dataclass(frozen=True, kw_only=True)
class Failure:
    """How signing in ended last, kept as words: an error that is raised again and again would gather its traces."""

    outcome: Outcome
    detail: str
    not_before: float

    def error(self) -> PollError:
        return PollError(self.outcome, self.detail)


class Session:
    """One account at one cluster. `clock` counts seconds from anywhere. Safe to use from any thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._lock = clock, Lock()
        self._held: Held | None = None
        self._failure: Failure | None = None
        self._refusal_pause_seconds = 0.0
        self._renewal_pause_seconds = 0.0

    def token(self, ask: Ask, *, wait_seconds: float) -> str:
        """The token that is held, or a new one from `ask`; one thread asks, the others wait for it."""
        held, now = self._held, self._clock()
        if held is not None and now < held.renew_at:
            return held.grant.token
        # While it still holds nobody waits for the next one, and nobody fails for want of it.
        spare = held.grant.token if held is not None and now < held.ends_at else None
        try:
            with self._alone(0.0 if spare else wait_seconds):
                renewed = self._held
                fresh = renewed is not None and self._clock() < renewed.renew_at
                return (renewed if renewed and fresh else self._sign_in(ask)).grant.token
        except PollError:
            if spare is None:
                raise
        return spare

    def other_token(self, refused: str, ask: Ask, *, wait_seconds: float) -> str | None:
        """A token that is not the one that was refused; None where a new one has just been refused too. PollError."""
        with self._alone(wait_seconds):
            held = self._held
            if held is None:
                return self._sign_in(ask).grant.token
            if held.grant.token != refused:
                return held.grant.token
            age_seconds = self._clock() - held.since
            if age_seconds < self._renewal_pause_seconds:
                return None
            token = self._sign_in(ask).grant.token
            self._renewal_pause_seconds = next_pause(self._renewal_pause_seconds, age_seconds)
            return token

    def anew(self, ask: Ask, *, wait_seconds: float) -> Grant:
        """A new token whatever is held, as often as the pauses allow. PollError."""
        with self._alone(wait_seconds):
            return self._sign_in(ask).grant

    @contextmanager
    def _alone(self, wait_seconds: float) -> Iterator[None]:
        if not self._lock.acquire(timeout=wait_seconds):
            raise TooLate
        try:
            yield
        finally:
            self._lock.release()

    def _sign_in(self, ask: Ask) -> Held:
        """With the lock held."""
        if self._failure is not None and self._clock() < self._failure.not_before:
            raise self._failure.error()
        try:
            grant = ask()
        except TooLate:
            raise
        except PollError as error:
            self._failure = self._remembered(error)
            raise self._failure.error() from None
        self._failure, self._refusal_pause_seconds = None, 0.0
        self._held = Held(grant=grant, since=self._clock())
        return self._held

    def _remembered(self, error: PollError) -> Failure:
        now = self._clock()
        if error.outcome not in REFUSALS:
            return Failure(outcome=error.outcome, detail=error.detail, not_before=now + SILENCE_PAUSE_SECONDS)
        pause_seconds = self._refusal_pause_seconds = longer(self._refusal_pause_seconds)
        detail = f"{error.detail}; not tried again for {pause_seconds:.0f} s"
        return Failure(outcome=error.outcome, detail=detail, not_before=now + pause_seconds)


def longer(pause_seconds: float) -> float:
    return min(max(2 * pause_seconds, FIRST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)


def next_pause(last_seconds: float, age_seconds: float) -> float:
    """How long the next token must be kept although it is refused, when one of this age was: a long life clears the record."""
    return FIRST_PAUSE_SECONDS if age_seconds > 2 * LONGEST_PAUSE_SECONDS else longer(last_seconds)


class Sessions:
    """The sessions of this process by URL and account; the one unused for longest goes first. No password is kept."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, Lock()
        self._salt = os.urandom(32)
        self._by_key: OrderedDict[bytes, Session] = OrderedDict()

    def of(self, url: str, account: Account) -> Session:
        """Another password is another session: a correction is tried at once, and a mistake gets no token."""
        text = json.dumps([url, account.uid, account.password]).encode()
        key = hashlib.blake2b(text, key=self._salt, digest_size=32).digest()
        with self._lock:
            session = self._by_key.pop(key, None) or Session(self._clock)
            self._by_key[key] = session
            while len(self._by_key) > MOST_SESSIONS:
                self._by_key.popitem(last=False)
            return session


SESSIONS = Sessions()
"""Of this process."""


@dataclass(frozen=True)
class SignIn:
    """The token source of a cluster that is signed in to by user name and password."""

    url: str
    account: Account
    ca_pem: str | None = field(default=None, repr=False)
    sessions: Sessions = field(default=SESSIONS, repr=False, compare=False)
    renewable: ClassVar[bool] = True

    def current(self, client: Client) -> str:
        return self._session.token(partial(self._ask, client), wait_seconds=client.seconds_left)

    def after_refusal(self, client: Client, refused: str) -> str | None:
        return self._session.other_token(refused, partial(self._ask, client), wait_seconds=client.seconds_left)

    def anew(self, client: Client) -> tuple[str, datetime | None]:
        """Sign in now, to see whether it works: who, and until when the token holds."""
        grant = self._session.anew(partial(self._ask, client), wait_seconds=client.seconds_left)
        return self.account.uid, grant.until

    @property
    def _session(self) -> Session:
        return self.sessions.of(self.url, self.account)

    def _ask(self, asker: Client) -> Grant:
        """One login by a client of its own, which no token accompanies; its price is the asker's."""
        if asker.seconds_left < LEAST_SECONDS:
            raise TooLate
        with Client(deadline_seconds=min(LOGIN_SECONDS, asker.seconds_left), ca_pem=self.ca_pem) as client:
            try:
                return log_in(client, self.url, self.account)
            finally:
                asker.requests += client.requests
                asker.bytes_read += client.bytes_read
