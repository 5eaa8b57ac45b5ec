"""A tiny reader of the simulator's event streams, over a real socket."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from collectors.simulator import Simulator
from tests.patience import HANG_SECONDS

Event = dict[str, Any]
MESOS, MARATHON = "/mesos/api/v1", "/service/marathon/v2/events"


class Stream:
    """The body of one stream, taken as it comes; `body` is all of it so far."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self.response, self.body = response, b""
        self.status, self.headers = response.status, response.headers

    def read(self) -> bool:
        """Whether anything came before the socket's timeout or the end."""
        piece = self.response.read1(65_536)
        self.body += piece
        return bool(piece)

    def to_its_end(self) -> bytes:
        """Raises ConnectionResetError where it is reset."""
        try:
            while self.read():
                pass
        except http.client.IncompleteRead:
            pass
        return self.body

    def records(self) -> list[Event]:
        """Those that are complete, of RecordIO."""
        found, rest = [], self.body
        while b"\n" in rest:
            length, _, rest = rest.partition(b"\n")
            if len(rest) < int(length):
                break
            found.append(json.loads(rest[: int(length)]))
            rest = rest[int(length) :]
        return found

    def events(self) -> list[Event]:
        """Those that are complete, server-sent."""
        blocks = self.body.split(b"\r\n\r\n")[:-1]
        return [json.loads(block.partition(b"data: ")[2]) for block in blocks if b"data: " in block]

    def until(self, met: Callable[[Stream], bool], *, seconds: float = HANG_SECONDS) -> Stream:
        ends_at = time.monotonic() + seconds
        while not met(self):
            assert time.monotonic() < ends_at, f"not told within {seconds} s: {self.body[-500:]!r}"
            try:
                assert self.read(), "the stream ended"
            except TimeoutError:
                continue
        return self


@contextmanager
def subscribed(
    simulator: Simulator, *, url: str = "", path: str = MESOS, seconds: float = HANG_SECONDS
) -> Iterator[Stream]:
    with _asked(
        url or simulator.router_url, "POST", path, b'{"type":"SUBSCRIBE"}', "application/json", seconds
    ) as stream:
        yield stream


@contextmanager
def attached(simulator: Simulator, query: str = "", *, accept: str = "text/event-stream") -> Iterator[Stream]:
    with _asked(simulator.router_url, "GET", f"{MARATHON}{query}", None, accept) as stream:
        yield stream


@contextmanager
def _asked(
    url: str, method: str, path: str, body: bytes | None, accept: str, seconds: float = HANG_SECONDS
) -> Iterator[Stream]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=seconds)
    connection.request(method, path, body, {"Accept": accept, "Content-Type": "application/json"})
    try:
        response = connection.getresponse()
        yield Stream(response)
        response.close()
    finally:
        connection.close()


def updates(events: list[Event]) -> list[Event]:
    return [event["task_updated"] for event in events if event["type"] == "TASK_UPDATED"]
