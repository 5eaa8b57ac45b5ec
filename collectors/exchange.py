"""One request and what has come back of it so far: the place where sizes are counted and addresses are checked."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import pycurl

from collectors.addresses import forbidden_address, is_here
from collectors.errors import Outcome, PollError
from collectors.verdicts import Ending, of_ending

ENCODINGS = frozenset({"gzip", "x-gzip", "deflate", "identity"})
STOP = -1
"""What a callback of libcurl returns to end the transfer at once."""


@dataclass(kw_only=True)
class Exchange:
    """Filled by libcurl's callbacks. `refusal` is set where this side ended it."""

    url: str
    body_cap_bytes: int
    header_cap_bytes: int
    received: BytesIO = field(default_factory=BytesIO)
    body_bytes: int = 0
    header_bytes: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    headers_complete: bool = False
    refusal: PollError | None = None
    blocked: str = ""
    """Why the last address of the name was not connected to; another address of the same name may still serve."""
    status: int = 0
    seconds: float = 0.0

    @property
    def bytes_read(self) -> int:
        return self.header_bytes + self.body_bytes

    def take_header(self, line: bytes) -> int | None:
        """One header line. An interim answer (100 Continue) starts the list again but not its size."""
        self.header_bytes += len(line)
        if self.header_bytes > self.header_cap_bytes:
            return self.refuse(Outcome.TOO_LARGE, f"The answer's headers are over {self.header_cap_bytes} bytes")
        text = line.decode("latin-1").strip()
        if text.startswith("HTTP/"):
            self.headers = {}
            self.headers_complete = False
        elif not text:
            return self._end_headers()
        else:
            self._keep(text)
        return None

    def _keep(self, line: str) -> None:
        key, _, value = line.partition(":")
        key = key.strip().lower()
        if key == "content-encoding" and key in self.headers:
            value = f"{self.headers[key]}, {value}"
        self.headers[key] = value.strip()

    def _end_headers(self) -> int | None:
        self.headers_complete = True
        named = [part.strip().lower() for part in self.headers.get("content-encoding", "").split(",") if part.strip()]
        if len(named) > 1 or not ENCODINGS.issuperset(named):
            return self.refuse(Outcome.WRONG_SHAPE, f"The answer is packed as {', '.join(named)[:100]!r}, not as gzip")
        return None

    def take_body(self, chunk: bytes) -> int | None:
        """Some bytes of the body, already unpacked."""
        self.body_bytes += len(chunk)
        if self.body_bytes > self.body_cap_bytes:
            return self.refuse(Outcome.TOO_LARGE, f"The answer is over {self.body_cap_bytes / 1048576:.4g} MiB")
        self.received.write(chunk)
        return None

    def taken(self) -> bytes:
        """The body, which is kept here no longer."""
        body, self.received = self.received.getvalue(), BytesIO()
        return body

    def refuse(self, outcome: Outcome, detail: str) -> int:
        """This side ends the exchange, and keeps nothing of its answer. Returns what tells libcurl so."""
        self.refusal = PollError(outcome, detail, url=self.url)
        self.received = BytesIO()
        return STOP

    def end(self, easy: Any, code: int, message: str, *, elapsed_seconds: float) -> None:
        """The transfer is over, with libcurl's code and message (0, '' for a whole answer): raises PollError if it failed."""
        if self.refusal is not None:
            raise self.refusal
        if code:
            self.received = BytesIO()
            raise of_ending(self._ending(easy, code, message, elapsed_seconds=elapsed_seconds))
        self.status = easy.getinfo(pycurl.RESPONSE_CODE)
        self.seconds = elapsed_seconds

    def _ending(self, easy: Any, code: int, message: str, *, elapsed_seconds: float) -> Ending:
        """What libcurl knows about a transfer that failed."""
        return Ending(
            url=self.url,
            code=code,
            message=self.blocked or message,
            os_errno=easy.getinfo(pycurl.OS_ERRNO),
            verify_result=easy.getinfo(pycurl.SSL_VERIFYRESULT),
            resolved_after=easy.getinfo(pycurl.NAMELOOKUP_TIME),
            connected_after=easy.getinfo(pycurl.CONNECT_TIME),
            secured_after=easy.getinfo(pycurl.APPCONNECT_TIME),
            request_sent=easy.getinfo(pycurl.REQUEST_SIZE) > 0,
            headers_complete=self.headers_complete,
            bytes_read=self.body_bytes,
            elapsed_seconds=elapsed_seconds,
        )


def open_socket(exchange: Exchange, address: Any, may_be_here: Callable[[], bool]) -> Any:
    """A socket for an address a name resolved to, unless nobody's cluster can live there, or this one does not.

    The check stands here, after the resolver and before the first packet, so that no name can lead around it.
    """
    family, kind, protocol, where = address
    host = where[0] if isinstance(where, tuple) else where
    host = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    exchange.blocked = forbidden_address(host)
    if not exchange.blocked and is_here(host) and not may_be_here():
        exchange.blocked = f"{host} is this machine, and the cluster's own URL leads to another one"
    if exchange.blocked:
        return pycurl.SOCKET_BAD
    try:
        opened = socket.socket(family, kind, protocol)
        os.close(os.dup(opened.fileno()))  # pycurl hands on a copy, and keeps to itself that it got none
        return opened
    except OSError as error:
        exchange.refuse(Outcome.INTERNAL_ERROR, f"Day Two's own machine gives no socket: {error.strerror}")
        return pycurl.SOCKET_BAD
