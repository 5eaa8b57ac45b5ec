"""Many answers through one connection pool at once: the slow do not hold up the quick.

One thread drives all transfers. A request counts against the width for its first second only, so that machines which
hang or drip cost a file descriptor and their own time-out, but not the places of the others. What all of them hold is
bounded: the slow ones with the most give way.
Document: https://curl.se/libcurl/c/libcurl-multi.html
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pycurl

from collectors.addresses import check_url
from collectors.client import MIB, Answer, Client, answer_of
from collectors.errors import Outcome, PollError
from collectors.exchange import Exchange
from collectors.libcurl import await_news

WIDTH = 12
MOST_AT_ONCE = 64
IMPATIENT_SECONDS = 1.0
SELECT_SECONDS = 0.1
MOST_HELD_BYTES = 256 * MIB
"""Of answers that are not complete."""
TOO_LATE = "The poll's time was used up before this was asked"
TOO_LATE_TO_READ = "The poll's time was used up before this answer could be read"
CROWDED = f"The answer came slowly, and no more than {MOST_HELD_BYTES // MIB} MiB of such answers are held at once"


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What each request of a crowd may cost."""

    seconds: float
    limit_bytes: int
    body: bytes | None = None
    """A JSON document to POST; None asks by GET."""


@dataclass(kw_only=True)
class Flight:
    exchange: Exchange
    started: float


@dataclass
class Crowd:
    """The transfers of one call, waiting and under way."""

    client: Client
    multi: Any
    terms: Terms
    waiting: deque[str]
    flights: dict[Any, Flight] = field(default_factory=dict)
    idle: list[Any] = field(default_factory=list)
    dropped_on: set[str] = field(default_factory=set)
    """URLs whose request met a connection that the server was just closing: asked again on a new one."""
    unsigned: dict[str, PollError] = field(default_factory=dict)
    """URLs that were refused the token while there may be another: asked again with it. Until then nobody is asked."""

    def run(self) -> Iterator[tuple[str, Answer | PollError]]:
        """Each URL with its end, as it comes."""
        try:
            while self.waiting or self.flights or self.unsigned:
                if self.unsigned and not self.flights:
                    yield from self._sign_in_again()
                yield from self._board()
                self.multi.perform()
                under_way = len(self.flights)
                yield from self._landed()
                yield from self._made_room()
                if len(self.flights) < under_way:
                    continue  # there is room for others now
                if self.flights:
                    await_news(self.multi, SELECT_SECONDS)
        finally:
            for easy in self.flights:
                self.multi.remove_handle(easy)
            for easy in (*self.flights, *self.idle):
                easy.close()

    def _board(self) -> Iterator[tuple[str, PollError]]:
        """Start what may be started now; when the poll's time is used up, what still waits has failed."""
        now = time.monotonic()
        young = sum(now - flight.started < IMPATIENT_SECONDS for flight in self.flights.values())
        while self.waiting and not self.unsigned:
            left = self.client.seconds_left
            if left <= 0:
                url = self.waiting.popleft()
                yield url, PollError(Outcome.TIMEOUT_HEADERS, TOO_LATE, url=url)
                continue
            if young >= WIDTH or len(self.flights) >= MOST_AT_ONCE:
                return
            url = self.waiting.popleft()
            try:
                self._start(url, min(self.terms.seconds, left))
            except PollError as error:
                yield url, error  # there is no token to ask it with
                continue
            young += 1

    def _start(self, url: str, budget_seconds: float) -> None:
        easy = self.idle.pop() if self.idle else pycurl.Curl()
        header_cap = self.client.limits.header_bytes
        exchange = Exchange(url=url, body_cap_bytes=self.terms.limit_bytes, header_cap_bytes=header_cap)
        try:
            self.client.prepare(easy, exchange, budget_seconds, body=self.terms.body)
        except PollError:
            self.idle.append(easy)
            raise
        easy.setopt(pycurl.FRESH_CONNECT, url in self.dropped_on)
        self.flights[easy] = Flight(exchange=exchange, started=time.monotonic())
        self.multi.add_handle(easy)

    def _landed(self) -> Iterator[tuple[str, Answer | PollError]]:
        more = True
        while more:
            more, done, failed = self.multi.info_read()
            for easy in done:
                url, end = self._end(easy, 0, "")
                if isinstance(end, PollError) and self.client.bearer.may_renew(end):
                    self.unsigned[url] = end
                else:
                    yield url, end
            for easy, code, message in failed:
                if self._was_dropped_on(easy, code):
                    self._again(easy)
                else:
                    yield self._end(easy, code, message)

    def _made_room(self) -> Iterator[tuple[str, Answer | PollError]]:
        """Ends of the slow whose answers are more than may be held, the largest first."""
        held_bytes = sum(flight.exchange.body_bytes for flight in self.flights.values())
        if held_bytes <= MOST_HELD_BYTES:
            return
        slow_since = time.monotonic() - IMPATIENT_SECONDS
        slow = [easy for easy, flight in self.flights.items() if flight.started <= slow_since]
        for easy in sorted(slow, key=lambda easy: self.flights[easy].exchange.body_bytes, reverse=True):
            if held_bytes <= MOST_HELD_BYTES:
                return
            exchange = self.flights[easy].exchange
            held_bytes -= exchange.body_bytes
            exchange.refuse(Outcome.TOO_LARGE, CROWDED)
            yield self._end(easy, 0, "")

    def _sign_in_again(self) -> Iterator[tuple[str, PollError]]:
        """Only when nothing is under way: what waited for seconds meanwhile would be taken for silent."""
        unsigned, self.unsigned = self.unsigned, {}
        try:
            if self.client.bearer.renew(self.client):
                self.waiting.extendleft(unsigned)
                return
        except PollError as error:
            unsigned = dict.fromkeys(unsigned, error)
        yield from unsigned.items()

    def _was_dropped_on(self, easy: Any, code: int) -> bool:
        """Whether a used connection ended before its answer began: that tells nothing of the one who was asked."""
        exchange = self.flights[easy].exchange
        ended = code in (pycurl.E_GOT_NOTHING, pycurl.E_RECV_ERROR, pycurl.E_SEND_ERROR)
        used = easy.getinfo(pycurl.NUM_CONNECTS) == 0
        return ended and used and not exchange.bytes_read and exchange.url not in self.dropped_on

    def _again(self, easy: Any) -> None:
        url = self.flights.pop(easy).exchange.url
        self.dropped_on.add(url)
        self.waiting.appendleft(url)
        self.multi.remove_handle(easy)
        self.idle.append(easy)

    def _end(self, easy: Any, code: int, message: str) -> tuple[str, Answer | PollError]:
        flight = self.flights.pop(easy)
        exchange = flight.exchange
        self.client.bytes_read += exchange.bytes_read
        try:
            exchange.end(easy, code, message, elapsed_seconds=time.monotonic() - flight.started)
            answer = answer_of(exchange)
            if not self.client.seconds_left:
                raise PollError(Outcome.TIMEOUT_BODY, TOO_LATE_TO_READ, url=exchange.url)
            return exchange.url, answer
        except PollError as error:
            return exchange.url, error.without_trace()
        finally:
            self.multi.remove_handle(easy)
            self.idle.append(easy)


def ask_all(client: Client, urls: Iterable[str], terms: Terms) -> Iterator[tuple[str, Answer | PollError]]:
    """Every URL once, each with its answer or its error, in the order in which they end.

    Refused connections alone are asked again, once, after all others. ValueError for a URL that is not to be asked.
    """
    wanted = dict.fromkeys(urls)
    for url in wanted:
        check_url(url)
    refused: dict[str, PollError] = {}
    for url, end in _round(client, wanted, terms):
        if isinstance(end, PollError) and end.outcome is Outcome.REFUSED:
            refused[url] = end
        else:
            yield url, end
    if client.seconds_left < 2 * client.limits.retry_after_seconds:
        yield from refused.items()
    elif refused:
        time.sleep(client.limits.retry_after_seconds)
        yield from _round(client, refused, terms)


def _round(client: Client, urls: Iterable[str], terms: Terms) -> Iterator[tuple[str, Answer | PollError]]:
    with closing(pycurl.CurlMulti()) as multi:
        yield from Crowd(client, multi, terms, deque(urls)).run()
