"""What can go wrong between a server and its reader: manners that any path of any listener can be given."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import msgspec

from collectors.simulator.answers import JSON, Answer, Request, page

CONTROL_PATH = "/_control"
MEBIBYTE = 1024 * 1024
PIECES_A_SECOND = 10
NO_LINGER = struct.pack("ii", 1, 0)


class Manner(StrEnum):
    """How a path misbehaves; the value's meaning and default stand beside it."""

    REFUSE = "refuse"  # no value; on path "*" the listener refuses connections, elsewhere it resets before any byte
    HANG = "hang"  # no value
    DRIP = "drip"  # bytes of the body a second, 100
    RESET = "reset"  # bytes of the body, half of it (of a stream's first record), then a reset
    TRUNCATE = "truncate"  # bytes of the body, half of it (of a stream's first record), then an orderly end
    HTML200 = "html200"  # no value: a proxy's page where JSON belongs
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NO_CONTENT = "204"
    UNAVAILABLE = "503"
    HUGE = "huge"  # MiB of valid JSON, streamed, 100
    GZIP_BOMB = "gzip_bomb"  # MiB after decompression, 256
    DEEP = "deep"  # levels of nesting, 100,000
    NAN = "nan"  # name of a key whose numbers become NaN; none: the first number of the body
    MISSING = "missing"  # name of a key taken away wherever it stands
    SLOW = "slow"  # seconds before the answer, 5
    GARBAGE = "garbage"  # no value: behind a stream's first record one that is no JSON
    OVERSIZED = "oversized"  # MiB of the record behind a stream's first, 8
    MUTE = "mute"  # no value: nothing comes behind a stream's first record


DEFAULTS = {
    **{Manner.DRIP: "100", Manner.HUGE: "100", Manner.GZIP_BOMB: "256", Manner.DEEP: "100000", Manner.SLOW: "5"},
    Manner.OVERSIZED: "8",
}
NUMBERED = frozenset({*DEFAULTS, Manner.RESET, Manner.TRUNCATE})
"""Manners whose value, where they are given one, is a number."""
ALTERING = (Manner.NAN, Manner.MISSING)
"""These need the body as a whole, which a stream never is."""
PAGES = {
    Manner.UNAUTHORIZED: page(401, ("WWW-Authenticate", "oauthjwt")),
    Manner.FORBIDDEN: page(403),
    Manner.UNAVAILABLE: page(503),
    Manner.NO_CONTENT: Answer(204),
}
LOGIN_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body><p>Please sign in.</p></body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """One manner of one path. `path` may end in `*`; `listener` is "router", a master's host, or empty for all."""

    path: str
    manner: Manner
    value: str = ""
    listener: str = ""

    def meets(self, request: Request) -> bool:
        if self.listener and self.listener != request.listener:
            return False
        return request.path.startswith(self.path[:-1]) if self.path.endswith("*") else request.path == self.path

    @property
    def number(self) -> float:
        return float(self.value or DEFAULTS[self.manner])


class Faults:
    """The faults in force; the newest that meets a request counts. Any thread may change them."""

    def __init__(self) -> None:
        self._faults: tuple[Fault, ...] = ()
        self.streams_cut = 0
        """How often all open streams were to be cut."""

    def cut_streams(self) -> None:
        self.streams_cut += 1

    def add(self, fault: Fault) -> None:
        self._faults = (fault, *self._faults)

    def clear(self, path: str = "") -> None:
        """No path clears them all."""
        self._faults = tuple(fault for fault in self._faults if path and fault.path != path)

    def for_request(self, request: Request) -> Fault | None:
        if request.path == CONTROL_PATH:
            return None
        return next((fault for fault in self._faults if fault.meets(request)), None)

    def refuses(self, listener: str) -> bool:
        """Whether the whole listener is told to refuse connections."""
        return any(f.path == "*" and f.manner is Manner.REFUSE and f.listener in ("", listener) for f in self._faults)


def spoiled(answer: Answer, fault: Fault) -> Answer:
    """The answer as this fault leaves it; faults of the connection itself leave it alone."""
    if fault.manner in PAGES:
        return PAGES[fault.manner]
    return answer if answer.stream is not None and fault.manner in ALTERING else _spoiled(answer, fault)


def _spoiled(answer: Answer, fault: Fault) -> Answer:
    match fault.manner:
        case Manner.HTML200:
            return Answer(200, (("Content-Type", "text/html; charset=UTF-8"),), LOGIN_PAGE)
        case Manner.HUGE:
            return Answer(200, (JSON,), _huge(int(fault.number)))
        case Manner.GZIP_BOMB:
            return Answer(200, (JSON, ("Content-Encoding", "gzip")), _gzip_bomb(int(fault.number)))
        case Manner.DEEP:
            return Answer(200, (JSON,), b"[" * int(fault.number) + b"]" * int(fault.number))
        case Manner.NAN:
            return replace(answer, body=_with_nan(_bytes(answer), fault.value))
        case Manner.MISSING:
            document = msgspec.json.decode(_bytes(answer))
            return replace(answer, body=msgspec.json.encode(_without(document, fault.value)))
    return answer


def _bytes(answer: Answer) -> bytes:
    body = answer.whole().body
    assert isinstance(body, bytes)
    return body


def _huge(mebibytes: int) -> Iterator[bytes]:
    piece = b"x" * 1022
    yield b'{"padding":["start"'
    for _ in range(mebibytes):
        yield b',"' + piece + b'"' + (b',"' + piece[:-1] + b'"') * 1023
    yield b"]}"


def _gzip_bomb(mebibytes: int) -> Iterator[bytes]:
    """Blanks, then `{}`. Every MiB is the same compressed block, so making it costs next to nothing."""
    blanks = b" " * MEBIBYTE
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(blanks) + packer.flush(zlib.Z_FULL_FLUSH)
    check = 0
    yield b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
    for _ in range(mebibytes):
        check = zlib.crc32(blanks, check)
        yield block
    last = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    yield last.compress(b"{}") + last.flush()
    yield zlib.crc32(b"{}", check).to_bytes(4, "little") + (mebibytes * MEBIBYTE + 2).to_bytes(8, "little")[:4]


def _with_nan(body: bytes, key: str) -> bytes:
    number = rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?"
    if key:
        return re.sub(rb'("' + re.escape(key.encode()) + rb'":)' + number, rb"\1NaN", body)
    return re.sub(rb'(":)' + number, rb"\1NaN", body, count=1)


def _without(document: Any, key: str) -> Any:
    if isinstance(document, dict):
        return {name: _without(value, key) for name, value in document.items() if name != key}
    if isinstance(document, list):
        return [_without(value, key) for value in document]
    return document


def reset(writer: asyncio.StreamWriter) -> None:
    """End a connection at once, as a process that dies does: the reader sees a reset, not an end."""
    connection = writer.get_extra_info("socket")
    if connection is not None and connection.fileno() != -1:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    writer.transport.abort()


async def send(writer: asyncio.StreamWriter, head: bytes, answer: Answer, fault: Fault) -> None:
    """Send what this fault lets through. Only a drip leaves the connection fit for another request."""
    body = _bytes(answer)
    if fault.manner is Manner.DRIP:
        await _drip(writer, head, body, fault.number)
        return
    writer.write(head + body[: int(fault.value) if fault.value else len(body) // 2])
    await writer.drain()
    # The reader must have taken the first part before the end comes, or a reset would overtake it.
    await asyncio.sleep(0.05)
    if fault.manner is Manner.RESET:
        reset(writer)
    else:
        writer.close()


async def _drip(writer: asyncio.StreamWriter, head: bytes, body: bytes, bytes_per_second: float) -> None:
    writer.write(head)
    size = max(1, int(bytes_per_second / PIECES_A_SECOND))
    for begin in range(0, len(body), size):
        writer.write(body[begin : begin + size])
        await writer.drain()
        await asyncio.sleep(size / bytes_per_second)
