"""A loopback proxy that shows a server under a sub-path and strips it, as DC/OS' Admin Router does for `/service/NAME/`."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}


@dataclass
class Proxy:
    """`url` ends with the sub-path, without a slash."""

    url: str


@contextmanager
def showing(bind: str, sub_path: str) -> Iterator[Proxy]:
    """Show the server at `bind` under `sub_path`, with or without its last slash; everything else is not found."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.RequestHandlerClass = type("PassingOn", (Passing,), {"bind": bind, "sub_path": sub_path})
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Proxy(f"http://127.0.0.1:{server.server_port}{sub_path}")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bind: str
    sub_path: str

    def do_GET(self) -> None:
        if self.path == self.sub_path:
            self.answer(301, [("Location", f"{self.sub_path}/")], b"")
        elif self.path.startswith(f"{self.sub_path}/"):
            self.pass_on()
        else:
            self.answer(404, [], b"outside of the sub-path\n")

    do_POST = do_HEAD = do_GET

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        upstream = http.client.HTTPConnection(self.bind, timeout=30)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
        upstream.request(self.command, self.path.removeprefix(self.sub_path), body, headers)
        answer = upstream.getresponse()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP]
        self.answer(answer.status, kept, answer.read())
        upstream.close()

    def answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() != "content-length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quietly."""
