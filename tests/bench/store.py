"""Day Two's store against Prometheus and VictoriaMetrics: `.venv/bin/python tests/bench/store.py [--quick]`.

All three are given the same samples in the same run: machines with 20 containers each, a tick a minute for two hours (four
without --quick), every tenth container replaced in an hour. A sample is one number that the cluster said; what Day Two
works out and keeps beside it costs it bytes and CPU and is no sample. Prometheus' CPU is from scrape to block,
VictoriaMetrics' from import to merged parts, Day Two's from JSON bodies to chunks; what fetching the bodies costs it is
told beside. The others run side by side with Day Two's store and its roll-up of a whole day, for it is CPU time that is
compared; requests are timed, so these, and the polls before them, have the machine to themselves. Both others come with
Debian: `apt-get install -y prometheus victoria-metrics`. The last line is one JSON object with all figures; goals that are
missed are told, and do not fail the run; what could not be measured does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FOLDER = "DAYTWO_TESTS_FOLDER"
"""Names what all parts share: the migrated database of which each begins with a copy."""
FETCHED_AGENTS = 100
ROLLED_UP_HOSTS = {True: 3, False: 10}
"""Whether quickly: of so many machines a whole day is rolled up."""
MOST_BYTES, MOST_OF_PROMETHEUS_BYTES, MOST_OF_PROMETHEUS_CPU, MOST_ROLL_UP_SECONDS = 1.0, 0.6, 0.7, 0.15
MOST_WORKER_MB = 300.0
LIMITS_MS = {"node_hour": 8.0, "latest_1000": 10.0, "top_20_of_20000": 25.0, "trend_90d_24_lines": 10.0}
"""p95 of each whole request."""


class NotMeasured(Exception):
    """A part failed: it has said why."""


class Goal(NamedTuple):
    name: str
    value: float | None
    """None where it could not be measured."""
    most: float

    @property
    def holds(self) -> bool | None:
        return None if self.value is None else self.value <= self.most


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="fewer machines, two hours of ticks: all of it in little more than a minute",
    )
    quick = parser.parse_args().quick
    began = time.monotonic()
    hosts = ROLLED_UP_HOSTS[quick]
    try:
        with tempfile.TemporaryDirectory(prefix="daytwo-bench-") as folder:
            os.environ[FOLDER] = folder
            if quick:
                found = measured(machines=24, ticks=120, times=60, hosts=hosts)
            else:
                found = measured(machines=100, ticks=240, times=300, hosts=hosts)
                found["worker_peak_mb"] = part("peers.worked")["peak_mib"] * 1024**2 / 1e6
    except NotMeasured as reason:
        sys.stderr.write(f"{reason}\n")
        return 1
    found |= {"quick": quick, "wall_seconds": round(time.monotonic() - began, 1)}
    goals = list(goals_of(found))
    found["goals"] = {goal.name: {"value": goal.value, "most": goal.most, "holds": goal.holds} for goal in goals}
    sys.stdout.write(f"{table(found)}\n{judged(goals)}\n{json.dumps(found)}\n")
    return 1 if any(goal.value is None for goal in goals) else 0


def measured(*, machines: int, ticks: int, times: int, hosts: int) -> dict[str, Any]:
    """Every figure; µs of CPU and bytes are for each sample. `hosts`: of so many a day is rolled up."""
    fleet = (str(machines), str(ticks))
    with ThreadPoolExecutor() as lanes:
        others = lanes.submit(
            lambda: [
                part("peers.prometheus", *fleet),
                part("peers.victoria", *fleet),
                part("peers.fetched", str(FETCHED_AGENTS), "3"),
            ]
        )
        own = lanes.submit(lambda: [part("peers.day_two", *fleet), part("roll_up", str(hosts))])
    (prometheus, victoria, fetched), (stored, rolled_up) = others.result(), own.result()
    found = of_prometheus(prometheus) | of_victoria(victoria)
    asked = part("peers.asked", str(times))
    samples = stored["samples"]
    fetching = 1e6 * fetched["cpu_seconds"] / fetched["agents"] / (samples / machines / ticks)
    return {
        "machines": machines,
        "ticks": ticks,
        "containers_each": stored["containers_each"],
        "ended_an_hour": stored["ended_an_hour"],
        "samples": samples,
        "day_two_fetch_cpu_us_per_sample": fetching,
        **found,
        **of_day_two(stored, asked, machines),
        "day_two_roll_up_cpu_seconds_per_million": rolled_up["roll_up_cpu_seconds_per_million"],
    }


def of_prometheus(one: Mapping[str, Any]) -> dict[str, float]:
    return {
        "prometheus_bytes_per_sample": one["block_bytes"] / one["samples"],
        "prometheus_index_bytes_per_sample": one["index_bytes"] / one["samples"],
        "prometheus_cpu_us_per_sample": 1e6 * (one["scrape_cpu_seconds"] + one["block_cpu_seconds"]) / one["samples"],
        "prometheus_scrape_cpu_us_per_sample": 1e6 * one["scrape_cpu_seconds"] / one["samples"],
        "prometheus_block_cpu_us_per_sample": 1e6 * one["block_cpu_seconds"] / one["samples"],
        "prometheus_peak_mib": one["peak_mib"],
    }


def of_victoria(one: Mapping[str, Any]) -> dict[str, float]:
    return {
        "victoria_metrics_bytes_per_sample": (one["data_bytes"] + one["index_bytes"]) / one["samples"],
        "victoria_metrics_index_bytes_per_sample": one["index_bytes"] / one["samples"],
        "victoria_metrics_cpu_us_per_sample": 1e6
        * (one["import_cpu_seconds"] + one["merge_cpu_seconds"])
        / one["samples"],
        "victoria_metrics_peak_mib": one["peak_mib"],
    }


def part(name: str, *words: str) -> dict[str, Any]:
    """What a part found, which is a process of its own."""
    command = [sys.executable, "-m", f"tests.bench.{name}", *words]
    # Images of containers forbid Python's caches: each part would compile the same modules again.
    caching = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False, env=caching)
    if ended.returncode:
        raise NotMeasured(f"{' '.join(command[2:])} ended with {ended.returncode}")
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def of_day_two(stored: Mapping[str, Any], asked: Mapping[str, Any], machines: int) -> dict[str, Any]:
    """What a poll costs is that of the thousand machines' full shards: of a few machines, what it costs whoever is asked
    would be most of it, and is told beside."""
    cpu, samples = asked["cpu_seconds"], asked["samples"]
    poll, decode = 1e6 * cpu["poll"] / samples, 1e6 * cpu["decode"] / samples
    compaction = 1e6 * stored["cpu_seconds"]["compaction"] / stored["samples"]
    own_poll = 1e6 * stored["cpu_seconds"]["poll"] / stored["samples"]
    return {
        "day_two_bytes_per_sample": stored["at_rest_bytes"] / stored["samples"],
        "day_two_chunk_bytes_per_sample": stored["chunk_bytes"] / stored["samples"],
        "day_two_payload_bytes_per_sample": stored["payload_bytes"] / stored["samples"],
        "day_two_file_bytes_per_sample": stored["file_bytes"] / stored["samples"],
        "day_two_cpu_us_per_sample": poll + compaction,
        "day_two_decode_cpu_us_per_sample": decode,
        "day_two_write_cpu_us_per_sample": poll - decode,
        "day_two_compaction_cpu_us_per_sample": compaction,
        f"day_two_cpu_us_per_sample_of_{machines}_machines": own_poll + compaction,
        "day_two_peak_mib_of_this_run": stored["peak_mib"],
        "requests": asked["requests"],
    }


def goals_of(found: Mapping[str, Any]) -> Iterator[Goal]:
    own, theirs = found["day_two_bytes_per_sample"], found["prometheus_bytes_per_sample"]
    yield Goal("bytes_per_sample", own, MOST_BYTES)
    yield Goal("bytes_over_prometheus", own / theirs, MOST_OF_PROMETHEUS_BYTES)
    own, theirs = found["day_two_cpu_us_per_sample"], found["prometheus_cpu_us_per_sample"]
    yield Goal("cpu_over_prometheus", own / theirs, MOST_OF_PROMETHEUS_CPU)
    for name, most in LIMITS_MS.items():
        yield Goal(f"{name}_p95_ms", found["requests"][name].get("p95_ms"), most)
    yield Goal(
        "roll_up_cpu_seconds_per_million", found["day_two_roll_up_cpu_seconds_per_million"], MOST_ROLL_UP_SECONDS
    )
    if "worker_peak_mb" in found:
        yield Goal("worker_peak_mb", found["worker_peak_mb"], MOST_WORKER_MB)


def table(found: Mapping[str, Any]) -> str:
    line = "{:<24}{:>12}{:>12}{:>18}".format
    shown = [
        "{samples:,} samples of {machines} machines × {containers_each} containers, {ticks} ticks".format(**found),
        line("", "Day Two", "Prometheus", "VictoriaMetrics"),
    ]
    for title, name in (("bytes a sample", "bytes_per_sample"), ("CPU µs a sample", "cpu_us_per_sample")):
        shown.append(
            line(title, *(f"{found[f'{who}_{name}']:.2f}" for who in ("day_two", "prometheus", "victoria_metrics")))
        )
    shown += [
        f"Day Two: {name.removeprefix('day_two_')} {value:.2f}"
        for name, value in found.items()
        if name.startswith("day_two_")
    ]
    return "\n".join(shown)


def judged(goals: list[Goal]) -> str:
    words = {None: "NOT MEASURED", True: "holds", False: "missed"}
    return "\n".join(
        f"{goal.name:<36}{'—' if goal.value is None else f'{goal.value:.2f}':>8}  at most {goal.most:<6}{words[goal.holds]}"
        for goal in goals
    )


if __name__ == "__main__":
    sys.exit(main())
