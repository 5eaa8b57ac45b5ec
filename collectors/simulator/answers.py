"""An HTTP request as it came and an answer before it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collectors.simulator.event_stream import Subscription


@dataclass(frozen=True, slots=True)
class Request:
    """`listener` is "router" or a master's host; header names are in lower case; `target` is path and query."""

    listener: str
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Answer:
    """A body in pieces has no known length and is sent in chunks."""

    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | Iterator[bytes] = b""
    stream: Callable[[], Subscription] | None = None
    """In the place of a body: one that goes on, from when this is called."""

    def whole(self) -> Answer:
        """The same answer with its body in one piece."""
        return self if isinstance(self.body, bytes) else replace(self, body=b"".join(self.body))


SILENCE = Answer(0)
"""No answer at all: the connection stays open, as a process leaves it that hangs."""

REASONS = {
    200: "OK",
    204: "No Content",
    307: "Temporary Redirect",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    502: "Bad Gateway",
    503: "Service Unavailable",
}
JSON = ("Content-Type", "application/json")


def from_json(document: Any, *headers: tuple[str, str], status: int = 200) -> Answer:
    return Answer(status, (JSON, *headers), msgspec.json.encode(document))


def from_text(status: int, text: str, *headers: tuple[str, str]) -> Answer:
    return Answer(status, (("Content-Type", "text/plain; charset=utf-8"), *headers), text.encode())


def page(status: int, *headers: tuple[str, str]) -> Answer:
    """An HTML page such as a proxy writes: whoever expects JSON must look before reading."""
    title = f"{status} {REASONS[status]}"
    html = f"<html>\r\n<head><title>{title}</title></head>\r\n<body><center><h1>{title}</h1></center></body>\r\n</html>\r\n"
    return Answer(status, (("Content-Type", "text/html; charset=UTF-8"), *headers), html.encode())
