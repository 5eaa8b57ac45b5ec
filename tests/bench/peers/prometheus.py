"""What Prometheus makes of the samples: CPU from scrape to block, bytes of the block.

`python -m tests.bench.peers.prometheus MACHINES TICKS`; the last line is what was found.

Each machine is a target that shows the next tick whenever it is scraped. Samples bear their own times. Prometheus refuses
what is an hour older than its newest, which is `up` at this very moment, so the ticks lie closer together than those of
other stores: all within the last 56 minutes. How far apart they are costs it no bytes as long as it is always the same.
When every page was read, a snapshot makes a block of all that is in memory, as the passing of two hours would.
Document: https://prometheus.io/docs/prometheus/latest/querying/api/#snapshot
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode

from tests.bench.peers.engine import Engine, NotMeasured, bytes_in, free_port, program, running, told
from tests.bench.peers.samples import Fleet
from tests.bench.peers.text import Pages

WITHIN_MS = 56 * 60_000
HOUR_SECONDS = 3600
MOST_SECONDS = 600
"""It takes no longer."""
IDLE_SECONDS = 1.0
NOBODY: Mapping[str, Any] = {"global": {"scrape_interval": "1h"}}
FIRST_MS = 1500
"""Until each target's first page was read: all of its series are new then, which takes longer."""
LEAST_MS, MS_A_MACHINE = 100, 3
PATIENCE = (1, 3, 10)
"""A busy machine may miss a page; then all is done again with so many times the time between two scrapes."""
ITS_OWN = ("up", "scrape_")


@dataclass(frozen=True, kw_only=True)
class Found:
    samples: int
    """Those of the pages and its own on its targets: the block holds both."""
    block_bytes: int
    index_bytes: int
    scrape_cpu_seconds: float
    block_cpu_seconds: float
    idle_cpu_share: float
    peak_mib: float


def measured(fleet: Fleet) -> Found:
    """Raises NotMeasured where a single sample was lost."""
    every_ms = max(LEAST_MS, MS_A_MACHINE * fleet.machines)
    for times in PATIENCE:
        with tempfile.TemporaryDirectory(prefix="daytwo-prometheus-") as name:
            folder = Path(name)
            with (folder / "pages").open("w+b") as file, serving(written(fleet, file)) as served:
                found = _measured(fleet, served, times * every_ms, folder)
        if found is not None:
            return found
    raise NotMeasured("Prometheus lost samples however seldom it scraped: is this machine too busy?")


@dataclass
class Served:
    """Pages, of which each target shows the next at every scrape; what is past the last is empty."""

    fleet: Fleet
    file: IO[bytes]
    """All of them, made before the first is asked for: a scrape must not wait for it."""
    places: dict[tuple[int, int], tuple[int, int]]
    """Of a tick and a machine: where its page begins there, and how long it is."""
    next_ticks: list[int]
    port: int = 0

    @property
    def is_read(self) -> bool:
        """A target that asks for more than there is has taken what was before."""
        return min(self.next_ticks) > self.fleet.ticks

    def next_page(self, number: int) -> bytes:
        tick = self.next_ticks[number]
        self.next_ticks[number] += 1
        begin, length = self.places.get((tick, number), (0, 0))
        return os.pread(self.file.fileno(), length, begin)


def written(fleet: Fleet, file: IO[bytes]) -> Served:
    pages = Pages(fleet, int(time.time() * 1000) - WITHIN_MS, WITHIN_MS // fleet.ticks)
    places = {}
    for tick in range(fleet.ticks):
        for number in range(fleet.machines):
            begin = file.tell()
            places[tick, number] = begin, file.write(pages.page(tick, number))
    file.flush()
    return Served(fleet, file, places, [0] * fleet.machines)


class Server(ThreadingHTTPServer):
    request_queue_size = 512

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a scrape that was given up is seen by what is missing."""


@contextmanager
def serving(served: Served) -> Iterator[Served]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = served.next_page(int(self.path.rpartition("/")[2]))
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing."""

    server = Server(("127.0.0.1", 0), Handler)
    served.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()


def _measured(fleet: Fleet, served: Served, every_ms: int, folder: Path) -> Found | None:
    """None where a sample was lost."""
    port, config = free_port(), folder / "prometheus.json"
    config.write_text(json.dumps(NOBODY))
    with running(_command(port, folder, config), port, ready="/-/ready", folder=folder) as engine:
        idle = _idle_share(engine)
        began, began_at = engine.cpu_seconds(), time.monotonic()
        _ask_of(engine, config, _agents(fleet, served.port, FIRST_MS))
        while min(served.next_ticks) < 2:
            time.sleep(0.02)
        _ask_of(engine, config, _agents(fleet, served.port, every_ms))
        while not served.is_read:
            time.sleep(0.02)
        _ask_of(engine, config, NOBODY)
        scraped, scraped_in = engine.cpu_seconds(), time.monotonic() - began_at
        before_block = engine.cpu_seconds()
        name = json.loads(engine.ask("/api/v1/admin/tsdb/snapshot", method="POST"))["data"]["name"]
        block_cpu = engine.cpu_seconds() - before_block
        (block,) = (folder / "data" / "snapshots" / name).iterdir()
        found = Found(
            samples=json.loads((block / "meta.json").read_text())["stats"]["numSamples"],
            block_bytes=bytes_in(block),
            index_bytes=(block / "index").stat().st_size,
            scrape_cpu_seconds=scraped - began - idle * scraped_in,
            block_cpu_seconds=block_cpu,
            idle_cpu_share=idle,
            peak_mib=engine.peak_mib(),
        )
        return found if _samples_of_pages(engine) == fleet.samples else None


def _command(port: int, folder: Path, config: Path) -> list[str]:
    return [
        program("prometheus"),
        f"--config.file={config}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--storage.tsdb.min-block-duration={_block_hours(time.time())}h",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-admin-api",
        "--web.enable-lifecycle",
        "--log.level=warn",
    ]


def _ask_of(engine: Engine, config: Path, whom: Mapping[str, Any]) -> None:
    """Have it scrape these from now on."""
    config.write_text(json.dumps(whom))
    engine.ask("/-/reload", method="POST")


def _block_hours(now: float) -> int:
    """A block's length, from two hours on, whose border none of the samples crosses: it would cut their chunks in two."""
    first, last = now - HOUR_SECONDS, now + MOST_SECONDS
    return next(hours for hours in range(2, 48) if first // (hours * HOUR_SECONDS) == last // (hours * HOUR_SECONDS))


def _idle_share(engine: Engine) -> float:
    """How much of a core it takes to do nothing."""
    time.sleep(0.5)
    before = engine.cpu_seconds()
    time.sleep(IDLE_SECONDS)
    return (engine.cpu_seconds() - before) / IDLE_SECONDS


def _agents(fleet: Fleet, port: int, every_ms: int) -> dict[str, Any]:
    targets = [
        {"targets": [f"127.0.0.1:{port}"], "labels": {"instance": host, "__metrics_path__": f"/metrics/{number}"}}
        for number, host in enumerate(fleet.hosts)
    ]
    every = f"{every_ms}ms"
    job = {"job_name": "agents", "scrape_interval": every, "scrape_timeout": every, "static_configs": targets}
    return {"scrape_configs": [job]}


def _samples_of_pages(engine: Engine) -> int:
    """How many it holds, without those that it makes itself of each scrape."""
    names = json.loads(engine.ask("/api/v1/label/__name__/values"))["data"]
    return sum(_samples_of(engine, name) for name in names if not name.startswith(ITS_OWN))


def _samples_of(engine: Engine, name: str) -> int:
    query = urlencode({"query": f"sum(count_over_time({name}[2h]))"})
    result = json.loads(engine.ask(f"/api/v1/query?{query}"))["data"]["result"]
    return sum(int(one["value"][1]) for one in result)


if __name__ == "__main__":
    told(lambda: asdict(measured(Fleet(int(sys.argv[1]), int(sys.argv[2])))))
