"""One guarded HTTP client: a deadline over all, caps on what is kept, the token for registered hosts only.

Everything asked of a cluster goes through here. A body or header is never trusted with memory, time, a redirect or a
credential. Document: https://curl.se/libcurl/c/libcurl-multi.html
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

import pycurl

from collectors.addresses import Origin, check_url, leads_here, origin_of
from collectors.decoding import decode
from collectors.errors import Outcome, PollError
from collectors.exchange import Exchange, open_socket
from collectors.libcurl import STANDING, await_news, system_authorities
from collectors.tokens import Bearer, TokenSource
from collectors.verdicts import of_status

T = TypeVar("T")
MIB = 1024 * 1024
OK = frozenset({200})


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one request may cost. A poll's own deadline shortens every time here."""

    connect_seconds: float = 3.0
    """Name, TCP and TLS together."""
    headers_seconds: float = 5.0
    """From the start of the request to the last header."""
    total_seconds: float = 10.0
    retry_after_seconds: float = 0.5
    body_bytes: int = 16 * MIB
    """After unpacking."""
    header_bytes: int = 64 * 1024


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A whole answer with a status that was asked for."""

    url: str
    status: int
    headers: Mapping[str, str]
    """Names in lower case; of a repeated header the last."""
    body: bytes
    taken_at: datetime
    """When it was complete here."""
    seconds: float


class Client:
    """A connection to one cluster for one poll. Not thread-safe: each thread opens its own."""

    def __init__(
        self,
        *,
        deadline_seconds: float,
        token: TokenSource | None = None,
        token_origins: Iterable[Origin] = (),
        given_origins: Iterable[Origin] = (),
        ca_pem: str | None = None,
        limits: Limits | None = None,
    ) -> None:
        self.limits = limits or Limits()
        self.requests = 0
        self.bytes_read = 0
        self._ends_at = time.monotonic() + deadline_seconds
        self.bearer = Bearer(token, token_origins)
        self._ca_pem = ca_pem
        self._given_origins = frozenset(given_origins)
        self._multi = pycurl.CurlMulti()
        self._easy = pycurl.Curl()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._easy.close()
        self._multi.close()

    @property
    def seconds_left(self) -> float:
        """Until the poll's deadline; never below 0."""
        return max(0.0, self._ends_at - time.monotonic())

    def get_json(self, url: str, shape: type[T], *, limit_bytes: int | None = None) -> T:
        """The answer's document as `shape`. PollError carries every way this can fail."""
        return decode(self.get(url, limit_bytes=limit_bytes).body, shape, url=url)

    def get(
        self,
        url: str,
        *,
        limit_bytes: int | None = None,
        accept: frozenset[int] = OK,
        total_seconds: float | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """One question: a GET, or with a JSON `body` the POST that Mesos' operator API asks for; neither changes anything.

        Asked once more only after a refused connection, half a second later if the deadline allows, or with another token
        after the client's first 401, where there is one to be had.
        """
        try:
            check_url(url)
        except ValueError as error:
            raise PollError(Outcome.REDIRECT_REFUSED, str(error), url=url) from None
        total = total_seconds or self.limits.total_seconds
        cap = limit_bytes or self.limits.body_bytes
        ask = partial(self._once, url, cap=cap, accept=accept, total_seconds=total, body=body)
        try:
            return ask()
        except PollError as error:
            if not self._is_worth_another(error):
                raise
        return ask()

    def _is_worth_another(self, error: PollError) -> bool:
        """Waits or signs in first, as the case may be. PollError where signing in fails."""
        if error.outcome is Outcome.REFUSED and self.seconds_left >= 2 * self.limits.retry_after_seconds:
            time.sleep(self.limits.retry_after_seconds)
            return True
        return self.bearer.may_renew(error) and self.bearer.renew(self)

    def _once(self, url: str, *, cap: int, accept: frozenset[int], total_seconds: float, body: bytes | None) -> Answer:
        budget = min(total_seconds, self.seconds_left)
        if budget <= 0:
            raise PollError(Outcome.TIMEOUT_HEADERS, "The poll's time was used up before this was asked", url=url)
        exchange = Exchange(url=url, body_cap_bytes=cap, header_cap_bytes=self.limits.header_bytes)
        self.prepare(self._easy, exchange, budget, body=body)
        try:
            self._run(exchange, budget)
        finally:
            self.bytes_read += exchange.bytes_read
        return answer_of(exchange, accept)

    def prepare(
        self,
        easy: Any,
        exchange: Exchange,
        budget_seconds: float,
        *,
        body: bytes | None = None,
        accept: str = "application/json",
    ) -> None:
        """A handle of libcurl made ready for this exchange, which is counted as a request; nothing of it is sent yet.

        Where the token is not known yet it is had first, which may take seconds. PollError where it cannot be had.
        """
        token = self.bearer.token_for(exchange.url, self)
        budget_seconds = min(budget_seconds, self.seconds_left)
        self.requests += 1
        easy.reset()
        for option, value in STANDING.items():
            easy.setopt(option, value)
        easy.setopt(pycurl.URL, exchange.url)
        typed = () if body is None else ("Content-Type: application/json",)
        signed = (f"Authorization: token={token}",) if token else ()
        easy.setopt(pycurl.HTTPHEADER, [f"Accept: {accept}", *typed, *signed])
        if body is not None:
            easy.setopt(pycurl.POSTFIELDS, body)
        easy.setopt(pycurl.CONNECTTIMEOUT_MS, _milliseconds(min(self.limits.connect_seconds, budget_seconds)))
        easy.setopt(pycurl.TIMEOUT_MS, _milliseconds(budget_seconds))
        easy.setopt(pycurl.HEADERFUNCTION, exchange.take_header)
        easy.setopt(pycurl.WRITEFUNCTION, exchange.take_body)
        may_be_here = partial(self._may_be_here, exchange.url)
        easy.setopt(pycurl.OPENSOCKETFUNCTION, lambda purpose, address: open_socket(exchange, address, may_be_here))
        if self._ca_pem is not None:
            easy.setopt(pycurl.CAINFO_BLOB, self._ca_pem.encode())
        elif origin_of(exchange.url).scheme == "https":
            for option, value in system_authorities().items():
                easy.setopt(option, value)

    def _may_be_here(self, url: str) -> bool:
        """Whether this URL may lead to this machine: a person gave it, or another of the same cluster that does.

        Else it is an agent's or master's wrong idea of its own address, or somebody's who wants our neighbours asked.
        """
        given = self._given_origins
        return not given or origin_of(url) in given or any(leads_here(origin.host) for origin in given)

    def _run(self, exchange: Exchange, budget_seconds: float) -> None:
        """Drives the transfer itself, because libcurl has no deadline for headers alone."""
        started = time.monotonic()
        self._multi.add_handle(self._easy)
        try:
            code, message = self._drive(exchange, started, budget_seconds)
            exchange.end(self._easy, code, message, elapsed_seconds=time.monotonic() - started)
        finally:
            self._multi.remove_handle(self._easy)

    def _drive(self, exchange: Exchange, started: float, budget_seconds: float) -> tuple[int, str]:
        """Until the transfer ends or a deadline passes: libcurl's code and message, (0, '') for a whole answer."""
        while True:
            self._multi.perform()
            _, done, failed = self._multi.info_read()
            if failed:
                return failed[0][1], failed[0][2]
            if done:
                return 0, ""
            allowed = budget_seconds if exchange.headers_complete else min(self.limits.headers_seconds, budget_seconds)
            left = started + allowed - time.monotonic()
            if left <= 0:
                return pycurl.E_OPERATION_TIMEDOUT, ""
            await_news(self._multi, min(left, 1.0))


def answer_of(exchange: Exchange, accept: frozenset[int] = OK) -> Answer:
    """The finished exchange as an answer, unless its status or its emptiness says that it is none."""
    body = exchange.taken()
    if exchange.status == 204 or (exchange.status == 200 and not body):
        detail = f"The answer was empty ({exchange.status}): there is nothing to read yet, or a proxy swallowed it"
        raise PollError(Outcome.EMPTY, detail, url=exchange.url, http_status=exchange.status)
    if exchange.status not in accept:
        raise of_status(exchange.url, exchange.status, exchange.headers, body)
    return Answer(
        url=exchange.url,
        status=exchange.status,
        headers=exchange.headers,
        body=body,
        taken_at=datetime.now(UTC),
        seconds=exchange.seconds,
    )


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1000))
