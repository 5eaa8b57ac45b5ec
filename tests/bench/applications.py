"""What applications cost at 1,000 apps and 6,000 tasks: `python -m tests.bench.applications ROUNDS`.

CPU and peak memory of this process: asking, decoding and writing; the simulated cluster is another process. First is on
empty tables, steady the mean of the rounds after it. The ratio is to the summary's polls of the same run.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from django.core.management import call_command

django.setup()

from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from collectors.simulator import Settings, Simulator
from dashboard import polling
from dashboard.models import App, Cluster, Task
from dashboard.store import clusters
from tests.bench.pages import measured

AGENTS, TASKS_EACH, APPS = 300, 20, 1_000
BEFORE = ("masters", "marathon")
CYCLE = ("apps", "tasks", "deployments", "queue")
BASIS = "summary"
TIMES = 20


def main(rounds: int) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    here, there = get_context("spawn").Pipe()
    simulated = get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    simulated.start()
    wanted = Cluster(name="big", kind="dcos", url=here.recv())
    cluster = clusters.save(wanted, master_urls=(), now=timezone.now())
    try:
        report(costs(cluster, rounds), rounds)
    finally:
        here.send("end")
        simulated.join()
    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    print(json.dumps({"apps page": measured(client, f"/c/{cluster.name}/apps/", TIMES)}))


def serve(told: Connection) -> None:
    """The cluster, until something is said."""
    given = Settings(agents=AGENTS, tasks_per_agent=TASKS_EACH, apps=APPS, with_stories=False)
    with Simulator(given).running() as simulator:
        told.send(simulator.router_url)
        told.recv()


def costs(cluster: Cluster, rounds: int) -> dict[str, list[float]]:
    """CPU seconds of each poll, by source."""
    for name in BEFORE:
        polled(cluster, name)
    spent: dict[str, list[float]] = {name: [] for name in (BASIS, *CYCLE)}
    for _ in range(1 + rounds):
        for name, of_source in spent.items():
            of_source.append(cpu_seconds(lambda name=name: polled(cluster, name)))  # type: ignore[misc]
    return spent


def cpu_seconds(done: Callable[[], None]) -> float:
    began = time.process_time()
    done()
    return time.process_time() - began


def polled(cluster: Cluster, name: str) -> None:
    poll = polling.poll_now(cluster, name, clock=timezone.now)
    if poll.outcome != "ok":
        raise SystemExit(f"{name}: {poll.outcome} {poll.detail}")


def report(spent: dict[str, list[float]], rounds: int) -> None:
    print(
        f"{App.objects.count()} apps, {Task.objects.filter(is_active=True).count()} tasks, {rounds} rounds after the first"
    )
    first = {name: of_source[0] for name, of_source in spent.items()}
    steady = {name: sum(of_source[1:]) / rounds for name, of_source in spent.items()}
    line = "{:<14}{:>12}{:>12}{:>18}".format
    print(line("source", "first CPU s", "steady CPU s", "steady ÷ summary"))
    for name in spent:
        print(line(name, f"{first[name]:.3f}", f"{steady[name]:.3f}", f"{steady[name] / steady[BASIS]:.2f}"))
    found = {when: sum(of[name] for name in CYCLE) for when, of in (("first", first), ("steady", steady))}
    ratios = {when: round(found[when] / of[BASIS], 2) for when, of in (("first", first), ("steady", steady))}
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        json.dumps(
            {
                "cycle_cpu_seconds": {when: round(value, 3) for when, value in found.items()},
                "cycle_over_summary": ratios,
                "peak_mib": round(peak_mib, 1),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
