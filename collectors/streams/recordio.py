"""RecordIO: `<decimal length>` + line feed + that many bytes, again and again, however the bytes are cut on the way.

Document: https://mesos.apache.org/documentation/latest/scheduler-http-api/#recordio-response-format
"""

from __future__ import annotations

from collections.abc import Iterator

from collectors.client import MIB
from collectors.errors import Outcome, PollError

FIRST_LIMIT_BYTES = 64 * MIB
"""The first record tells the whole cluster."""
LIMIT_BYTES = 4 * MIB
LONGEST_LENGTH = 10
"""Digits: no record has a gigabyte and more than that."""


class RecordIO:
    """One stream's framing. A record over its limit is passed over as its bytes come, and never held."""

    def __init__(self, *, first_limit_bytes: int = FIRST_LIMIT_BYTES, limit_bytes: int = LIMIT_BYTES) -> None:
        self._limit_bytes, self._next_limit_bytes = first_limit_bytes, limit_bytes
        self._held = bytearray()
        self._left: int | None = None
        """Bytes of the present record that have not come; None while its length is read."""
        self._passing = False

    def feed(self, chunk: bytes) -> Iterator[bytes | None]:
        """The records that end in these bytes, in order; None for one that was passed over. PollError for no length."""
        at = 0
        while at < len(chunk) or self._left == 0:
            if self._left is None:
                at = self._read_length(chunk, at)
                continue
            taken = chunk[at : at + self._left]
            at += len(taken)
            self._left -= len(taken)
            if not self._passing:
                self._held += taken
            if self._left == 0:
                yield self._ended()

    def _read_length(self, chunk: bytes, at: int) -> int:
        """Up to the line feed, or as far as there is anything."""
        end = chunk.find(b"\n", at, at + LONGEST_LENGTH + 1)
        self._held += chunk[at : end if end >= 0 else at + LONGEST_LENGTH + 1]
        if len(self._held) > LONGEST_LENGTH or not (self._held.isdigit() or (end < 0 and not self._held)):
            begins = bytes(self._held[:LONGEST_LENGTH])
            raise PollError(Outcome.WRONG_SHAPE, f"The stream is no RecordIO: {begins!r} is not the length of a record")
        if end < 0:
            return len(chunk)
        self._left = int(self._held)
        self._passing = self._left > self._limit_bytes
        self._held.clear()
        return end + 1

    def _ended(self) -> bytes | None:
        record = None if self._passing else bytes(self._held)
        self._held.clear()
        self._left, self._limit_bytes = None, self._next_limit_bytes
        return record
