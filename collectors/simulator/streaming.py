"""An event stream on its way through one connection: chunks, faults, and readers that do not read."""

from __future__ import annotations

import asyncio

from collectors.simulator.event_stream import Subscription
from collectors.simulator.faults import MEBIBYTE, PIECES_A_SECOND, Fault, Manner, reset

GLANCE_SECONDS = 0.2
READER_SECONDS = 10.0
"""A reader that takes nothing for so long is dropped, as Marathon does."""
OVERTAKEN_SECONDS = 0.05
GARBAGE = "not json"


async def pump(
    subscription: Subscription, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, fault: Fault | None
) -> None:
    """Until either side ends: the stream has no last chunk, for what ends is a process."""
    wire = Wire(writer, fault)
    is_first = True
    while not (reader.at_eof() or writer.is_closing()):
        is_over = subscription.is_over
        for piece in subscription.take():
            await wire.send(piece)
            if is_first:
                await wire.send(_behind_the_first(subscription, fault))
            is_first = False
        if is_over:
            break
        await asyncio.sleep(GLANCE_SECONDS)
    if subscription.is_dropped:
        reset(writer)


def _behind_the_first(subscription: Subscription, fault: Fault | None) -> bytes:
    """What a fault puts among the records: one that is none, or one that is too large."""
    if fault is not None and fault.manner is Manner.GARBAGE:
        return subscription.frame({"type": GARBAGE}).replace(b'{"type"', b'{"type}')
    if fault is not None and fault.manner is Manner.OVERSIZED:
        return subscription.frame({"type": "HEARTBEAT", "padding": "x" * int(fault.number * MEBIBYTE)})
    return b""


class Wire:
    """Counts what it lets through: a fault may cut it at any byte of the body."""

    def __init__(self, writer: asyncio.StreamWriter, fault: Fault | None) -> None:
        self._writer, self._fault = writer, fault
        self._manner = fault.manner if fault else None
        self._sent_bytes = 0
        self._is_mute = False

    async def send(self, piece: bytes) -> None:
        if self._is_mute or not piece or self._writer.is_closing():
            return
        if self._fault is not None and self._manner is Manner.DRIP:
            await self._drip(piece, self._fault.number)
        elif self._fault is not None and self._manner in (Manner.RESET, Manner.TRUNCATE):
            await self._cut(piece, int(self._fault.value or (len(piece) // 2 if not self._sent_bytes else 0)))
        else:
            await self._write(piece)
            self._is_mute = self._manner is Manner.MUTE

    async def _write(self, piece: bytes) -> None:
        if piece:
            self._sent_bytes += len(piece)
            self._writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
        async with asyncio.timeout(READER_SECONDS):
            await self._writer.drain()

    async def _drip(self, piece: bytes, bytes_per_second: float) -> None:
        size = max(1, int(bytes_per_second / PIECES_A_SECOND))
        for begin in range(0, len(piece), size):
            await self._write(piece[begin : begin + size])
            await asyncio.sleep(size / bytes_per_second)

    async def _cut(self, piece: bytes, cut_at: int) -> None:
        left = cut_at - self._sent_bytes
        await self._write(piece[: max(left, 0)])
        if left <= len(piece):
            # The reader must have taken what was sent before the end comes, or a reset would overtake it.
            await asyncio.sleep(OVERTAKEN_SECONDS)
            if self._manner is Manner.RESET:
                reset(self._writer)
            else:
                self._writer.close()
