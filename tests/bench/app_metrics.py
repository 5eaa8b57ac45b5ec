"""What metrics of applications cost at 2,000 containers of 50 series each: `python -m tests.bench.app_metrics ROUNDS`.

CPU and peak memory of this process: asking, decoding and writing; the simulated cluster is another process. First is on
empty tables; steady is the mean of the rounds after it, a minute apart, each of which brings a new sample of every set.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import NamedTuple

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
import msgspec
from django.core.management import call_command

django.setup()

from django.db import transaction
from django.utils import timezone

from collectors.records import AgentPlace, AppMetricsReading, Harvest, Turn
from collectors.simulator import Settings, Simulator
from collectors.sources import app_metrics
from dashboard import polling
from dashboard.models import AppMetrics, Cluster, Layout, Node, Reading
from dashboard.store import app_metrics as store
from dashboard.store import clusters, ingest
from dashboard.store.writing import Writing

AGENTS, CONTAINERS_EACH, GENERATION = 100, 20, "telegraf"
BEFORE = ("masters", "summary", "containers")
PERIOD = 60


class Round(NamedTuple):
    """CPU seconds of one poll."""

    choosing: float
    asking: float
    writing: float


def main(rounds: int) -> None:
    call_command("migrate", verbosity=0)
    here, there = get_context("spawn").Pipe()
    simulated = get_context("spawn").Process(target=serve, args=(there,), daemon=True)
    simulated.start()
    cluster = clusters.save(Cluster(name="big", kind="dcos", url=here.recv()), master_urls=(), now=timezone.now())
    for name in BEFORE:
        polling.poll_now(cluster, name, clock=timezone.now)
    before_mib = peak_mib()
    try:
        spent = [one_poll(cluster, timezone.now() + timedelta(minutes=2 + number)) for number in range(1 + rounds)]
    finally:
        here.send("end")
        simulated.join()
    report(spent, before_mib)


def serve(told: Connection) -> None:
    """The cluster, until something is said."""
    given = Settings(agents=AGENTS, tasks_per_agent=CONTAINERS_EACH, with_stories=False, generation=GENERATION)
    with Simulator(given).running() as simulator:
        told.send(simulator.router_url)
        told.recv()


def one_poll(cluster: Cluster, now: datetime) -> Round:
    """A poll of all agents as if it were `now`: its samples are taken to be as much later."""
    places = [
        AgentPlace(agent_id=agent_id, host=host) for agent_id, host in cluster.nodes.values_list("agent_id", "host")
    ]
    began = time.process_time()
    wanted = store.to_ask(cluster, places, now)
    chosen = time.process_time()
    tick = int(now.timestamp()) // PERIOD * PERIOD
    turn = Turn(tick=tick, period_seconds=PERIOD, agents=tuple(places), app_containers=wanted)
    harvest = app_metrics.SOURCE.poll(clusters.target_of(cluster), turn)
    asked = time.process_time()
    moved = later(harvest, now - timezone.now())
    shifted = time.process_time()
    with transaction.atomic():
        ingest.harvest(Writing(cluster=cluster, tick=tick, now=now), "app_metrics", moved, duration_seconds=0.0)
    return Round(chosen - began, asked - chosen, time.process_time() - shifted)


def later(harvest: Harvest, by: timedelta) -> Harvest:
    """The same answers, told as much later: nobody waits a minute for each round."""

    def moved(one: AppMetricsReading) -> AppMetricsReading:
        sets = tuple(msgspec.structs.replace(each, taken_at=each.taken_at + by) for each in one.sets)
        return msgspec.structs.replace(one, taken_at=one.taken_at + by, sets=sets)

    records = tuple(moved(one) for one in harvest.records if isinstance(one, AppMetricsReading))
    return replace(harvest, records=records)


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def report(spent: list[Round], before_mib: float) -> None:
    containers, series = AppMetrics.objects.count(), sum(AppMetrics.objects.values_list("series", flat=True))
    first, steady = spent[0], Round(*(sum(part) / (len(spent) - 1) for part in zip(*spent[1:], strict=True)))
    print(f"{containers} containers, {series} series, {Layout.objects.count()} layouts, {Node.objects.count()} agents")
    for name, one in (("first", first), ("steady", steady)):
        print(f"{name:<8}" + "".join(f"{part:>10} {value:.3f} s" for part, value in one._asdict().items()))
    whole = sum(steady)
    print(
        json.dumps(
            {
                "cpu_us_a_container": round(1e6 * whole / containers),
                "cpu_us_a_series": round(1e6 * whole / series, 2),
                "readings": Reading.objects.filter(subject__kind="app_metrics").count(),
                "peak_mib_before": round(before_mib, 1),
                "peak_mib": round(peak_mib(), 1),
            }
        )
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
