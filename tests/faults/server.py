"""A loopback HTTP server that misbehaves on purpose: a script for each path, and a record of everything it was told."""

from __future__ import annotations

import gzip
import io
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Seen:
    """One request as it arrived; header names in lower case."""

    path: str
    headers: Mapping[str, str]
    method: str = "GET"
    body: bytes = b""


@dataclass
class Connection:
    """What a script may do with its caller."""

    socket: socket.socket
    stopping: threading.Event

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def wait(self, seconds: float) -> bool:
        """True while the server goes on."""
        return not self.stopping.wait(seconds)

    def reset(self) -> None:
        """Closes with RST instead of FIN."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


Script = Callable[[Connection], None]

HUNG_SECONDS = 600.0
"""Much longer than any machine takes for what does not wait for a hang."""


@dataclass
class FaultServer:
    """Threads and sockets, one script a path; unknown paths get an HTML 404. Use it as a context manager."""

    scripts: dict[str, Script] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    host: str = "127.0.0.1"
    port: int = 0
    seen: list[Seen] = field(default_factory=list)
    accepted: int = 0

    def __post_init__(self) -> None:
        self._stopping = threading.Event()
        self._listener = socket.create_server((self.host, self.port), backlog=64)
        self.port = self._listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://{self.host}:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.seen]

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            try:
                caller, _ = self._listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with suppress(OSError, ssl.SSLError), caller:
            caller.settimeout(HUNG_SECONDS)
            if self.tls is not None:
                caller = self.tls.wrap_socket(caller, server_side=True)
            with caller:
                self._answer(caller)

    def _answer(self, caller: socket.socket) -> None:
        head, body = b"", b""
        while b"\r\n\r\n" not in head:
            if not (more := caller.recv(65536)):
                return
            head += more
        head, _, body = head.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        method, path, _ = first.split(" ")
        headers = {key.lower(): value.strip() for key, _, value in (line.partition(":") for line in lines if line)}
        while len(body) < int(headers.get("content-length", "0")):
            body += caller.recv(65536)
        self.seen.append(Seen(path, headers, method, body))
        self.scripts.get(path, NOT_FOUND)(Connection(caller, self._stopping))


def answer(body: bytes = b"", *, status: str = "200 OK", headers: Mapping[str, str] | None = None) -> Script:
    """A whole, honest answer."""
    lines = {"Content-Length": str(len(body)), "Content-Type": "application/json", **(headers or {})}
    head = "".join(f"{key}: {value}\r\n" for key, value in lines.items())
    return lambda to: to.send(f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body)


def document(value: Any, **headers: str) -> Script:
    """A JSON document."""
    return answer(json.dumps(value).encode(), headers={key.replace("_", "-"): text for key, text in headers.items()})


def page(title: str, *, status: str = "200 OK") -> Script:
    """A web page where data was expected."""
    return answer(
        f"<html><head><title>{title}</title></head><body>hello</body></html>".encode(),
        status=status,
        headers={"Content-Type": "text/html"},
    )


def redirect(location: str) -> Script:
    return answer(status="307 Temporary Redirect", headers={"Location": location})


def raw(data: bytes) -> Script:
    """These bytes, then the end of the connection."""
    return lambda to: to.send(data)


def hang(to: Connection) -> None:
    """Takes the request and says nothing."""
    to.wait(HUNG_SECONDS)


def drip(head: bytes, *, every_seconds: float = 0.05) -> Script:
    """The head at once, then a byte at a time without end."""

    def script(to: Connection) -> None:
        to.send(head)
        while to.wait(every_seconds):
            to.send(b"x")

    return script


def reset_after(data: bytes) -> Script:
    def script(to: Connection) -> None:
        to.send(data)
        to.wait(0.05)
        to.reset()

    return script


def endless(head: bytes, block: bytes) -> Script:
    """The head, then the block again and again until the caller has had enough."""

    def script(to: Connection) -> None:
        to.send(head)
        while to.wait(0):
            to.send(block)

    return script


def gzip_bomb(unpacked_bytes: int) -> bytes:
    """Zeros, packed about a thousand to one."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as stream:
        for _ in range(unpacked_bytes // 2**20):
            stream.write(bytes(2**20))
    return packed.getvalue()


def free_port() -> int:
    """A port nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


NOT_FOUND = page("404 Not Found", status="404 Not Found")
