"""The HTTP server: one asyncio loop on streams for the router and all masters, with keep-alive, gzip and faults."""

from __future__ import annotations

import asyncio
import gzip
import socket
import zlib
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial

from collectors.simulator.answers import REASONS, SILENCE, Answer, Request
from collectors.simulator.faults import CONTROL_PATH, Fault, Faults, Manner, reset, send, spoiled
from collectors.simulator.streaming import pump

REQUESTS_KEPT = 10_000
LARGEST_REQUEST_BODY = 65_536
IDLE_SECONDS = 75.0
TICK_SECONDS = 1.0
SMALLEST_GZIPPED = 1_024
GZIP_WINDOW = zlib.MAX_WBITS | 16
ON_THE_WIRE = (Manner.DRIP, Manner.RESET, Manner.TRUNCATE)


def listen_on(host: str, port: int) -> socket.socket:
    """A listening socket, taken at once so that nobody else gets the address. Raises OSError."""
    listener = socket.create_server((host, port), backlog=256)
    listener.setblocking(False)
    return listener


class Server:
    """Serves every listener by name. `alive` says whether a listener's process lives now; a dead one refuses."""

    def __init__(
        self,
        answer: Callable[[Request], Answer],
        alive: Callable[[str], bool],
        faults: Faults,
        *,
        clock: Callable[[], float],
    ) -> None:
        self._answer, self._alive, self._faults, self._clock = answer, alive, faults, clock
        self._addresses: dict[str, tuple[str, int]] = {}
        self._waiting: dict[str, socket.socket] = {}
        self._open: dict[str, asyncio.Server] = {}
        self._writers: dict[str, set[asyncio.StreamWriter]] = defaultdict(set)
        self._streams: set[asyncio.StreamWriter] = set()
        self._streams_cut = 0
        self.seen: deque[Request] = deque(maxlen=REQUESTS_KEPT)

    @property
    def streams_open(self) -> int:
        return len(self._streams)

    def add(self, name: str, listener: socket.socket) -> None:
        """Take over a listening socket; it is served from the next `reconcile` on."""
        self._addresses[name] = listener.getsockname()[:2]
        self._waiting[name] = listener

    async def run(self, ready: Callable[[], None]) -> None:
        """Serve until cancelled."""
        try:
            await self.reconcile()
            ready()
            while True:
                await asyncio.sleep(TICK_SECONDS)
                await self.reconcile()
        finally:
            for name in list(self._open):
                self._shut(name)

    async def reconcile(self) -> None:
        """Open the listeners of living processes, close those of dead ones together with their connections."""
        for name, address in self._addresses.items():
            wanted = self._alive(name) and not self._faults.refuses(name)
            if wanted and name not in self._open:
                with suppress(OSError):
                    listener = self._waiting.pop(name, None) or listen_on(*address)
                    self._open[name] = await asyncio.start_server(partial(self._serve, name), sock=listener)
            elif not wanted:
                self._shut(name)
        if self._streams_cut != self._faults.streams_cut:
            self._streams_cut = self._faults.streams_cut
            for writer in self._streams:
                reset(writer)

    def _shut(self, name: str) -> None:
        if waiting := self._waiting.pop(name, None):
            waiting.close()
        if server := self._open.pop(name, None):
            server.close()
        for writer in self._writers.pop(name, ()):
            reset(writer)

    async def _serve(self, name: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers[name].add(writer)
        try:
            while request := await _read_request(reader, name):
                self.seen.append(request)
                if not await self._respond(request, reader, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError, ValueError):
            pass  # The reader went away or speaks no HTTP: nothing to answer.
        finally:
            self._writers[name].discard(writer)
            writer.close()

    async def _respond(self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Answer one request; whether the connection may serve another."""
        fault = self._faults.for_request(request)
        if not self._alive(request.listener) or (fault and fault.manner is Manner.REFUSE):
            reset(writer)
            return False
        if fault and fault.manner is Manner.HANG:
            await reader.read()
            return False
        if fault and fault.manner is Manner.SLOW:
            await asyncio.sleep(fault.number)
        answer = self._answer(request)
        if answer is SILENCE:
            await reader.read()
            return False
        if request.path == CONTROL_PATH:
            await self.reconcile()
        answer = spoiled(answer, fault) if fault else answer
        if answer.stream is not None:
            await self._stream(request, answer, reader, writer, fault)
            return False
        await self._send(request, answer, writer, fault)
        broken = fault is not None and fault.manner in (Manner.RESET, Manner.TRUNCATE)
        return not broken and request.headers.get("connection", "").lower() != "close"

    async def _stream(
        self,
        request: Request,
        answer: Answer,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        fault: Fault | None,
    ) -> None:
        """An answer that goes on until either side ends; nothing else comes on its connection."""
        assert answer.stream is not None
        subscription = answer.stream()
        self._streams.add(writer)
        try:
            writer.write(self._head(answer, request))
            await pump(subscription, reader, writer, fault)
        except (TimeoutError, asyncio.CancelledError):
            # Cancelled: the server ends, and its streams with it.
            reset(writer)
        finally:
            self._streams.discard(writer)
            subscription.close()

    async def _send(self, request: Request, answer: Answer, writer: asyncio.StreamWriter, fault: Fault | None) -> None:
        if fault and fault.manner in ON_THE_WIRE:
            answer = answer.whole()
            await send(writer, self._head(answer, request), answer, fault)
            return
        answer = _zipped(answer, request)
        writer.write(self._head(answer, request))
        if request.method != "HEAD":
            for piece in _pieces(answer):
                writer.write(piece)
                await writer.drain()
        await writer.drain()

    def _head(self, answer: Answer, request: Request) -> bytes:
        lines = [f"HTTP/1.1 {answer.status} {REASONS[answer.status]}"]
        date = format_datetime(datetime.fromtimestamp(self._clock(), UTC), usegmt=True)
        headers = [("Date", date), *answer.headers]
        if isinstance(answer.body, bytes) and answer.stream is None:
            if answer.status != 204:
                headers.append(("Content-Length", str(len(answer.body))))
        else:
            headers.append(("Transfer-Encoding", "chunked"))
        if request.headers.get("connection", "").lower() == "close":
            headers.append(("Connection", "close"))
        lines += [f"{name}: {value}" for name, value in headers]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")


async def _read_request(reader: asyncio.StreamReader, name: str) -> Request | None:
    """The next request of a connection; None when the reader has ended it. Raises ValueError for what is no HTTP."""
    try:
        async with asyncio.timeout(IDLE_SECONDS):
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.strip().split("\r\n")
    method, target, _ = first.split(" ", 2)
    pairs = (line.partition(":") for line in lines)
    headers = {key.lower(): value.strip() for key, _, value in pairs}
    length = int(headers.get("content-length", "0"))
    if not 0 <= length <= LARGEST_REQUEST_BODY:
        raise ValueError(f"a body of {length} bytes")
    return Request(name, method, target, headers, await reader.readexactly(length))


def _zipped(answer: Answer, request: Request) -> Answer:
    """Gzip for readers that take it, of bodies from 1 KiB on, as Mesos does."""
    takes = "gzip" in request.headers.get("accept-encoding", "")
    packed = any(name == "Content-Encoding" for name, _ in answer.headers)
    if not takes or packed or (isinstance(answer.body, bytes) and len(answer.body) < SMALLEST_GZIPPED):
        return answer
    headers = (*answer.headers, ("Content-Encoding", "gzip"))
    if isinstance(answer.body, bytes):
        return Answer(answer.status, headers, gzip.compress(answer.body, 1, mtime=0))
    return Answer(answer.status, headers, _zipped_pieces(answer.body))


def _zipped_pieces(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(1, zlib.DEFLATED, GZIP_WINDOW)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()


def _pieces(answer: Answer) -> Iterator[bytes]:
    """The body as it goes on the wire: whole, or in HTTP's chunks."""
    if isinstance(answer.body, bytes):
        yield answer.body
        return
    for piece in answer.body:
        yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"
