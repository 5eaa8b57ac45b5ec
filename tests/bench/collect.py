"""What collecting and showing a cluster costs: `.venv/bin/python tests/bench/collect.py [--quick]`.

A simulated DC/OS cluster is served by a process of its own; each part is measured in another, so that neither's CPU nor
memory is counted for the other. Prints a table for each part; the last line is one JSON object with all figures.
CPU stands beside that of fetching the same answers and giving them to Python's own `json`, in the same run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
SIZES = (10, 100, 1000)
TASKS_PER_AGENT = 20
START_SECONDS = 30


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: all of it in a minute")
    quick = parser.parse_args().quick
    found: dict[str, object] = {}
    # It mostly waits, so it does so beside the cycles.
    lost_agent = begun("lost_agent", "1" if quick else "5")
    for agents in SIZES:
        with simulator(agents) as url:
            rounds = 1 if quick else 3
            found[f"cycle_{agents}"] = ended(begun("cycle", url, str(rounds)))
            if agents == SIZES[-1]:
                found[f"worker_{agents}"] = ended(begun("worker", url, "1" if quick else "2"))
    found["lost_agent"] = ended(lost_agent)
    found["dead_agents_1000"] = ended(begun("dead_agents", "1" if quick else "5"))
    found["pages_1000"] = ended(begun("pages", "20" if quick else "100"))
    sys.stdout.write(json.dumps(found) + "\n")
    return 0


@contextmanager
def simulator(agents: int) -> Iterator[str]:
    """A cluster of so many agents, each with TASKS_PER_AGENT containers; its router's URL."""
    words = ["--agents", str(agents), "--tasks-per-agent", str(TASKS_PER_AGENT), "--net", "60", "--bound"]
    process = subprocess.Popen(
        [sys.executable, "-m", "collectors.simulator", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline().split()
        yield said[said.index("router") + 1]
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def begun(name: str, *words: str) -> subprocess.Popen[str]:
    """Start one part, in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", f"tests.bench.{name}", *words], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def ended(part: subprocess.Popen[str]) -> object:
    """Wait for a part; what it prints is passed on, its last line is what it found."""
    said, _ = part.communicate()
    assert isinstance(part.args, list)
    title = " ".join(map(str, part.args[2:]))
    if part.returncode:
        raise SystemExit(f"{title} ended with {part.returncode}")
    *table, last = said.splitlines()
    sys.stdout.write(f"── {title}\n" + "".join(f"{line}\n" for line in table))
    sys.stdout.flush()
    return json.loads(last)


if __name__ == "__main__":
    sys.exit(main())
