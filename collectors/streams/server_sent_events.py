"""Server-sent events: lines of `field: value`, an empty line after each event, comments to stay alive.

Document: https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from collectors.client import MIB

LIMIT_BYTES = MIB
LINE_END = re.compile(rb"\r\n|\n|\r")
MARK = b"\xef\xbb\xbf"


class Sent(NamedTuple):
    kind: str
    """`message` where the sender names none."""
    data: bytes


class ServerSentEvents:
    """One stream's lines. An event over the limit is passed over as its bytes come, and never held."""

    def __init__(self, *, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes = limit_bytes
        self._line = bytearray()
        self._kind = ""
        self._data: list[bytes] = []
        self._size = 0
        self._after_return = False
        """The last line ended in a carriage return: a line feed that comes next belongs to it."""
        self._is_first = True
        self._is_blank = True

    def feed(self, chunk: bytes) -> Iterator[Sent | None]:
        """The events that end in these bytes, in order; None for one that was passed over."""
        at = 0
        if self._after_return and chunk:
            at = 1 if chunk.startswith(b"\n") else 0
            self._after_return = False
        for found in LINE_END.finditer(chunk, at):
            self._hold(chunk[at : found.start()])
            at = found.end()
            yield from self._line_ended()
        self._after_return = chunk.endswith(b"\r") and at == len(chunk)
        self._hold(chunk[at:])

    def _hold(self, piece: bytes) -> None:
        """Part of a line; past the limit nothing of the event is kept but its size."""
        self._size += len(piece)
        self._is_blank = self._is_blank and not piece
        if self._size > self._limit_bytes:
            self._data.clear()
            self._line.clear()
        else:
            self._line += piece

    def _line_ended(self) -> Iterator[Sent | None]:
        line, is_blank = bytes(self._line), self._is_blank
        self._line.clear()
        self._is_blank = True
        if self._is_first:
            is_blank = is_blank or line == MARK
            line, self._is_first = line.removeprefix(MARK), False
        if not is_blank:
            self._field(line)
            return
        sent = Sent(self._kind or "message", b"\n".join(self._data))
        is_too_large, is_event = self._size > self._limit_bytes, bool(self._data)
        self._kind, self._data, self._size = "", [], 0
        if is_too_large:
            yield None
        elif is_event:
            yield sent

    def _field(self, line: bytes) -> None:
        """What is neither an event's kind nor its data (comments, ids, times to wait) tells nothing here."""
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._kind = value.decode(errors="replace")
        elif name == b"data":
            self._data.append(value)
        else:
            self._size -= len(line)
