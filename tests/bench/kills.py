"""What kills and restarts cost: `python -m tests.bench.kills [--kills 100] [--restarts 5] [--flushes 3]`.

100 kills -9 of a writing worker on each database, PostgreSQL restarted five times under a writer, Redis restarted and flushed
three times each under two workers and two beats. A ledger outside of the database says what was acknowledged. The last line
is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tests.faults import killed_writers
from tests.grown_up import installation
from tests.grown_up.installation import Installation
from tests.servers import postgresql
from tests.servers.databases import Database

SEED = 11
AWAY_SECONDS = 3
AGENTS = 200


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100, help="of a writer, on each database")
    parser.add_argument("--restarts", type=int, default=5, help="of PostgreSQL, without a checkpoint")
    parser.add_argument("--flushes", type=int, default=3, help="of Redis; as many restarts of it")
    options = parser.parse_args()
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        sqlite = Database(f"sqlite:///{folder}/daytwo.sqlite3")
        found["sqlite_kills"] = said("SQLite", killed_writers.killed(options.kills, sqlite, Path(folder), seed=SEED))
    with postgresql.running(safe=True) as server:
        with tempfile.TemporaryDirectory() as folder:
            database = Database(server.create("killed"))
            figures = killed_writers.killed(options.kills, database, Path(folder), seed=SEED)
            found["postgresql_kills"] = said("PostgreSQL", figures)
        with tempfile.TemporaryDirectory() as folder:
            database = Database(server.create("restarted"))
            figures = killed_writers.restarted(options.restarts, server, database, Path(folder))
            found["postgresql_restarts"] = {"restarts": options.restarts, **said("PostgreSQL restarted", figures)}
    if options.flushes:
        with tempfile.TemporaryDirectory() as folder, installation.running(Path(folder), agents=AGENTS) as day_two:
            found["redis"] = redis(day_two, options.flushes)
    print(json.dumps(found))


def said(what: str, figures: killed_writers.Figures) -> dict[str, Any]:
    print(f"{what}: {figures}", flush=True)
    return asdict(figures)


def redis(day_two: Installation, times: int) -> dict[str, list[int]]:
    """Late and missing slots after each restart and each flush: of the source that lost most."""
    late: dict[str, list[int]] = {"late_after_restart": [], "late_after_flush": []}
    for _ in range(times):
        late["late_after_restart"].append(day_two.costs(lambda: _restart(day_two)))
        late["late_after_flush"].append(day_two.costs(day_two.redis.flush))
    print(f"Redis, late slots of a source: {late}", flush=True)
    return late


def _restart(day_two: Installation) -> None:
    day_two.redis.kill()
    time.sleep(AWAY_SECONDS)
    day_two.redis.start()


if __name__ == "__main__":
    main()
