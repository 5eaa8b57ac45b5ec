"""What VictoriaMetrics makes of the samples: CPU from import to merged parts, bytes of data and index.

`python -m tests.bench.peers.victoria MACHINES TICKS`; the last line is what was found.

It is given each machine's pages as they are, one request a tick; the machine is a label of the request, as the target is of
a scrape. Then everything in memory is written to disk and merged, as hours would do.
Document: https://docs.victoriametrics.com/single-server-victoriametrics/#how-to-import-data-in-prometheus-exposition-format
"""

from __future__ import annotations

import http.client
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlencode

from tests.bench.peers.engine import Engine, NotMeasured, bytes_in, free_port, program, running, told
from tests.bench.peers.samples import Fleet
from tests.bench.peers.text import Pages

STEP_MS = 60_000
MERGES_IN_SECONDS = 60.0


@dataclass(frozen=True, kw_only=True)
class Found:
    samples: int
    data_bytes: int
    index_bytes: int
    import_cpu_seconds: float
    merge_cpu_seconds: float
    peak_mib: float


def measured(fleet: Fleet) -> Found:
    """Raises NotMeasured where a single sample was lost."""
    with tempfile.TemporaryDirectory(prefix="daytwo-victoria-metrics-") as name:
        folder, port = Path(name), free_port()
        command = [
            program("victoria-metrics"),
            f"-storageDataPath={folder / 'data'}",
            f"-httpListenAddr=127.0.0.1:{port}",
            "-retentionPeriod=1y",
            "-loggerLevel=WARN",
        ]
        with running(command, port, ready="/health", folder=folder) as engine:
            began = engine.cpu_seconds()
            _import(engine, port, fleet)
            _flushed(engine)
            imported = engine.cpu_seconds()
            _merged(engine, folder / "data")
            taken = _rows(engine)
            if taken < fleet.samples:
                raise NotMeasured(f"VictoriaMetrics has {taken} samples of {fleet.samples}")
            return Found(
                samples=taken,
                data_bytes=bytes_in(folder / "data" / "data"),
                index_bytes=bytes_in(folder / "data" / "indexdb"),
                import_cpu_seconds=imported - began,
                merge_cpu_seconds=engine.cpu_seconds() - imported,
                peak_mib=engine.peak_mib(),
            )


def _import(engine: Engine, port: int, fleet: Fleet) -> None:
    begins_ms = int(time.time() * 1000) - fleet.ticks * STEP_MS
    pages = Pages(fleet, begins_ms, STEP_MS)
    paths = [f"/api/v1/import/prometheus?{_labels(host)}" for host in fleet.hosts]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    for tick in range(fleet.ticks):
        for number, path in enumerate(paths):
            connection.request("POST", path, pages.page(tick, number))
            answer = connection.getresponse()
            answer.read()
            if answer.status >= 300:
                raise NotMeasured(f"VictoriaMetrics answered an import with {answer.status}")
    connection.close()


def _labels(host: str) -> str:
    return urlencode([("extra_label", f"instance={host}"), ("extra_label", "job=agents")])


def _flushed(engine: Engine) -> None:
    engine.ask("/internal/force_flush")


def _merged(engine: Engine, data: Path) -> None:
    """Until its folder has stopped shrinking."""
    engine.ask("/internal/force_merge")
    ends_at, sizes = time.monotonic() + MERGES_IN_SECONDS, [0, 1]
    while sizes[-1] != sizes[-2]:
        if time.monotonic() > ends_at:
            raise NotMeasured("VictoriaMetrics was still merging after a minute")
        time.sleep(0.5)
        sizes.append(bytes_in(data))


def _rows(engine: Engine) -> int:
    """Samples that it holds, by its own counters."""
    lines = engine.ask("/metrics").decode().splitlines()
    kinds = ('vm_rows{type="storage/small"}', 'vm_rows{type="storage/big"}')
    return sum(int(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(kinds))


if __name__ == "__main__":
    told(lambda: asdict(measured(Fleet(int(sys.argv[1]), int(sys.argv[2])))))
