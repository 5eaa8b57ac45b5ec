"""The guarded client turned outwards: something is told to a receiver that an admin named, never asked of a cluster."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import pycurl

from collectors.addresses import is_here, may_ask, unwrapped
from collectors.client import Client, Limits
from collectors.errors import Outcome, PollError
from collectors.exchange import Exchange, open_socket

TAKEN = frozenset(range(200, 300))
ANSWER_BYTES = 64 * 1024
"""What a receiver has to say is not read; one that says more than this is not what it is taken for."""


class Poster(Client):
    """A client for one message. It sends no token of a cluster, and connects to this machine only where that is allowed."""

    def __init__(
        self, *, deadline_seconds: float, headers: Mapping[str, str], allow_here: bool, ca_pem: str | None = None
    ) -> None:
        limits = Limits(headers_seconds=deadline_seconds, total_seconds=deadline_seconds, body_bytes=ANSWER_BYTES)
        super().__init__(deadline_seconds=deadline_seconds, limits=limits, ca_pem=ca_pem)
        self._headers = [f"{name}: {value}" for name, value in headers.items()]
        self._allow_here = allow_here

    def tell(self, url: str, body: bytes | None) -> int:
        """The status, 200 to 299, that a POST of the JSON `body` is answered with, or a GET without one. Raises PollError.

        Its detail names the place and the status, never the path or what the receiver said: both may hold a secret.
        """
        if not may_ask(url):  # whose words would repeat the URL
            raise PollError(Outcome.REDIRECT_REFUSED, "Its URL is none that is asked: give it again", url=url)
        try:
            return self.get(url, accept=TAKEN, body=body).status
        except PollError as error:
            if error.outcome is Outcome.EMPTY and error.http_status in TAKEN:
                return error.http_status or 0
            raise error if error.http_status is None else _of_status(error, error.http_status) from None

    def prepare(
        self, easy: Any, exchange: Exchange, budget_seconds: float, *, body: bytes | None = None, accept: str = "*/*"
    ) -> None:
        super().prepare(easy, exchange, budget_seconds, body=body)
        typed = [] if body is None else ["Content-Type: application/json", "Expect:"]
        easy.setopt(pycurl.HTTPHEADER, [f"Accept: {accept}", *typed, *self._headers])
        easy.setopt(pycurl.OPENSOCKETFUNCTION, lambda purpose, address: self._open(exchange, address))

    def _open(self, exchange: Exchange, address: Any) -> Any:
        where = address[3]
        host = where[0] if isinstance(where, tuple) else where
        host = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
        if not self._allow_here and is_ours(host):
            exchange.blocked = f"{host} is this machine itself, which DAYTWO_ALLOW_LOOPBACK would have to allow"
            return pycurl.SOCKET_BAD
        return open_socket(exchange, address, lambda: True)


def is_ours(address: str) -> bool:
    """Whether packets to this address end at this machine: loopback, or what one of its interfaces is called."""
    if is_here(address):
        return True
    try:
        ip = unwrapped(ipaddress.ip_address(address.partition("%")[0]))
        with socket.socket(socket.AF_INET6 if ip.version == 6 else socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((str(ip), 9))  # a datagram socket sends nothing here: it only asks the routing table
            return bool(ipaddress.ip_address(probe.getsockname()[0].partition("%")[0]) == ip)
    except (OSError, ValueError):
        return False


def _of_status(error: PollError, status: int) -> PollError:
    place = urlsplit(error.url).netloc
    try:
        said = f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        said = str(status)
    redirect = ", a redirect, which is never followed" if error.outcome is Outcome.REDIRECT_REFUSED else ""
    return PollError(error.outcome, f"{place} answered {said}{redirect}", url=error.url, http_status=status)
