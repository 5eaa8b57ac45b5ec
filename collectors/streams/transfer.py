"""One answer that has no end, as its bytes come. As guarded as a poll's, but for a deadline over all.

Document: https://curl.se/libcurl/c/libcurl-multi.html
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Event as Signal
from typing import Any
from urllib.parse import urlsplit

import pycurl

from collectors.client import Answer, Client, answer_of
from collectors.errors import Outcome, PollError
from collectors.exchange import Exchange
from collectors.libcurl import await_news

GLANCE_SECONDS = 0.2
"""Who is told to stop notices within so long."""
NO_LIMIT = 0


@dataclass(kw_only=True)
class Flow(Exchange):
    """An exchange whose body is handed on as it comes; that of an answer that is no stream is kept, within its cap."""

    pieces: list[bytes] = field(default_factory=list)
    is_stream: bool = False
    """The status is 200."""

    @property
    def has_begun(self) -> bool:
        return self.is_stream and self.headers_complete and self.refusal is None

    def take_header(self, line: bytes) -> int | None:
        if line.startswith(b"HTTP/"):
            self.is_stream = line.split(maxsplit=2)[1:2] == [b"200"]
        return super().take_header(line)

    def take_body(self, chunk: bytes) -> int | None:
        if not self.is_stream:
            return super().take_body(chunk)
        self.body_bytes += len(chunk)
        self.pieces.append(chunk)
        return None


class Transfer:
    """What is under way of one stream. For one thread; `stopped` may be set by another."""

    def __init__(self) -> None:
        self.stopped = Signal()
        self._multi: Any = pycurl.CurlMulti()
        self._easy: Any = pycurl.Curl()
        self._flow: Flow | None = None
        self._end: PollError | None = None
        self._bytes_before = 0

    def close(self) -> None:
        self._let_go()
        self._easy.close()
        self._multi.close()

    @property
    def url(self) -> str:
        return "" if self._flow is None else self._flow.url

    @property
    def bytes_read(self) -> int:
        return self._bytes_before + (0 if self._flow is None else self._flow.bytes_read)

    def begin(self, client: Client, url: str, *, accept: str, body: bytes | None, sent_on: frozenset[int]) -> Answer:
        """Ask, up to the last header: an answer without a body is the stream, which flows from now on.

        One with a status of `sent_on` is whole. PollError for every other end. Asked once more with another token after the
        client's first 401, where there is one to be had.
        """
        self._start(client, url, accept=accept, body=body)
        try:
            return self._begun(client, sent_on)
        except PollError as error:
            if not (client.bearer.may_renew(error) and client.bearer.renew(client)):
                raise
        self._start(client, url, accept=accept, body=body)
        return self._begun(client, sent_on)

    def _start(self, client: Client, url: str, *, accept: str, body: bytes | None) -> None:
        self._let_go()
        flow = Flow(url=url, body_cap_bytes=client.limits.body_bytes, header_cap_bytes=client.limits.header_bytes)
        client.prepare(self._easy, flow, client.seconds_left, body=body, accept=accept)
        # Neither a deadline over all, nor packing, of which a proxy hands on whole blocks only.
        self._easy.setopt(pycurl.TIMEOUT_MS, NO_LIMIT)
        self._easy.setopt(pycurl.ENCODING, "identity")
        self._multi.add_handle(self._easy)
        self._flow = flow

    def _begun(self, client: Client, sent_on: frozenset[int]) -> Answer:
        """The answer's headers, or its whole where it is no stream. What ends at once has begun all the same."""
        flow, started = self._flowing, time.monotonic()
        until = started + min(client.limits.headers_seconds, client.seconds_left)
        while not flow.has_begun:
            if flow.status and not flow.is_stream:
                return answer_of(flow, sent_on)
            if self._end is not None:
                raise self._end
            if self.stopped.is_set() or time.monotonic() > until:
                waited = f"within {time.monotonic() - started:.1f} s"
                detail = f"{urlsplit(flow.url).netloc} gave no stream and no other answer {waited}"
                raise PollError(Outcome.TIMEOUT_HEADERS, detail, url=flow.url)
            self._advance(flow, GLANCE_SECONDS)
        seconds = time.monotonic() - started
        return Answer(
            url=flow.url, status=200, headers=flow.headers, body=b"", taken_at=datetime.now(UTC), seconds=seconds
        )

    @property
    def _flowing(self) -> Flow:
        if self._flow is None:
            raise RuntimeError("No stream was asked for yet")
        return self._flow

    def pieces(self, wait_seconds: float) -> list[bytes]:
        """What has come, waited for until something comes, for so long at most. PollError when nothing more can come."""
        flow = self._flowing
        if self._end is None:
            self._advance(flow, min(wait_seconds, GLANCE_SECONDS))
        if self._end is not None and not flow.pieces:
            raise self._end
        pieces, flow.pieces = flow.pieces, []
        return pieces

    def _advance(self, flow: Flow, wait_seconds: float) -> None:
        """Let it go on. That it is over, and why, is kept until what came before is read."""
        self._multi.perform()
        _, done, failed = self._multi.info_read()
        try:
            if done:
                self._end = PollError(Outcome.TRUNCATED, "The stream was ended by the cluster", url=flow.url)
                flow.end(self._easy, 0, "", elapsed_seconds=0.0)
            elif failed:
                flow.end(self._easy, failed[0][1], failed[0][2], elapsed_seconds=0.0)
            elif not flow.pieces:
                await_news(self._multi, wait_seconds)
        except PollError as error:
            self._end = error.without_trace()

    def _let_go(self) -> None:
        if self._flow is not None:
            self._multi.remove_handle(self._easy)
            self._bytes_before += self._flow.bytes_read
            self._flow = self._end = None
