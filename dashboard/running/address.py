"""The address Day Two answers on: `HOST:PORT`, as gunicorn takes it."""

from __future__ import annotations

import errno
import ipaddress
import socket
from contextlib import closing


class AddressError(Exception):
    """Nothing can listen there; the message says why and what to do."""


def parse(text: str) -> tuple[str, int]:
    """Split `HOST:PORT` or `[IPv6]:PORT`; ValueError when it is neither."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise ValueError(f"{text!r} is not HOST:PORT")
    return host, int(port)


def url(text: str) -> str:
    """What to type into a browser on this machine: an address that stands for all of them becomes localhost."""
    host, port = parse(text)
    return f"http://{'localhost' if is_any(host) else bracketed(host)}:{port}/"


def is_any(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def is_loopback(text: str) -> bool:
    """Whether `HOST:PORT` can be reached from this machine only."""
    host, _ = parse(text)
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def require_free(text: str) -> None:
    """Fail now, in one line, rather than in a web process that is started again and again."""
    host, port = parse(text)
    try:
        family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with closing(socket.socket(family, kind, protocol)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise AddressError(f"Something already listens on {text}: stop it, or give another --bind.") from error
        raise AddressError(f"Cannot listen on {text}: {error.strerror}. Give another --bind.") from error
