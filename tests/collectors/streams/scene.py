"""A stream's server and its reader, over real sockets."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager

from collectors.errors import PollError
from collectors.records import StreamRecord
from collectors.streams import Listening, StreamKind
from collectors.target import Kind, Target
from tests.collectors.streams.events import FAILED, SUBSCRIBED, updated
from tests.collectors.streams.framing import recordio, server_sent
from tests.faults.server import Connection, FaultServer, Script
from tests.patience import HANG_SECONDS

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
EVENTS_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
BEGIN, FAILURE = (recordio(json.dumps(event).encode()) for event in (SUBSCRIBED, updated()))
TOLD = server_sent(FAILED)
TOKEN = "a-token-of-ours"


def streams(*said: bytes, stays: bool = True) -> Script:
    """The head and these bytes, then silence on an open connection, or the end of it."""

    def script(to: Connection) -> None:
        to.send(HEAD)
        for piece in said:
            to.send(piece)
        if stays:
            to.wait(30)

    return script


@contextmanager
def reading(server: FaultServer, *masters: str, silent_seconds: float = 5) -> Iterator[Listening]:
    target = Target(Kind.MESOS, server.url, masters, token=TOKEN)
    with Listening(target, StreamKind.MESOS, silent_seconds=silent_seconds) as listening:
        yield listening


@contextmanager
def hearing(
    server: FaultServer, *marathons: str, known_masters: tuple[str, ...] = (), silent_seconds: float = 5
) -> Iterator[Listening]:
    urls = (server.url, *marathons)
    target = Target(Kind.MESOS, "http://127.0.0.1:5050", token=TOKEN, marathon_urls=urls)
    key = target.marathons[0].key
    with Listening(
        target, StreamKind.MARATHON, key=key, known_masters=known_masters, silent_seconds=silent_seconds
    ) as listening:
        yield listening


def all_of(listening: Listening) -> tuple[list[StreamRecord], PollError]:
    """Everything up to the end, and which that was."""
    records: list[StreamRecord] = []
    deadline = time.monotonic() + HANG_SECONDS
    while time.monotonic() < deadline:
        try:
            records += listening.read(1.0)
        except PollError as error:
            return records, error
    raise AssertionError("the stream did not end")
