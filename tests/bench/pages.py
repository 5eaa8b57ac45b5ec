"""Server time of the pages about machines at 1,000 nodes with 20 containers each: `python -m tests.bench.pages TIMES`.

The whole request within the process, from the URL to the last byte of HTML; the network and the browser are left out.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from datetime import datetime, timedelta

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"

import django
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

django.setup()

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from dashboard.models import Cluster
from tests import builders

NODES = 1000
CONTAINERS = 20
FILESYSTEMS = 5
HISTORY_MINUTES = 90
WHOLE_MINUTES = 2
CHOSEN = "10.0.0.7"
PAGES = {
    "now": "",
    "nodes": "nodes/",
    "nodes_grid": "nodes/?view=grid",
    "node_detail": f"nodes/{CHOSEN}/",
    "node_containers": f"nodes/{CHOSEN}/containers/",
    "container_detail": f"nodes/{CHOSEN}/containers/c0/",
    "capacity": "capacity/",
    "capacity_90d": "capacity/?range=90d",
    "collection": "collection/",
}


def main(times: int) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", verbosity=0)
    began = time.monotonic()
    cluster = filled(timezone.now())
    print(f"{NODES} nodes, {NODES * CONTAINERS} containers written in {time.monotonic() - began:.1f} s")
    client = Client()
    client.force_login(User.objects.create_superuser("bench"))
    line = "{:<18}{:>10}{:>10}{:>10}{:>9}{:>9}".format
    print(line("page", "median ms", "p95 ms", "worst ms", "queries", "KiB"))
    found = {}
    for name, path in PAGES.items():
        found[name] = measured(client, f"/c/{cluster.name}/{path}", times)
        print(line(name, *found[name].values()))
    print(json.dumps(found))


def measured(client: Client, url: str, times: int) -> dict[str, float]:
    client.get(url)  # templates and caches
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url)
        asked = len(queries)
    if answer.status_code != 200:
        raise SystemExit(f"{url}: {answer.status_code}")
    spent = []
    for _ in range(times):
        began = time.perf_counter()
        client.get(url)
        spent.append(1000 * (time.perf_counter() - began))
    return {
        "median_ms": round(statistics.median(spent), 1),
        "p95_ms": round(sorted(spent)[-1 - len(spent) // 20], 1),
        "worst_ms": round(max(spent), 1),
        "queries": asked,
        "kib": round(len(answer.content) / 1024, 1),
    }


def filled(now: datetime) -> Cluster:
    """A cluster as polls would have left it: all nodes of the last minutes, one node and the totals of an hour and a half."""
    hosts = [f"10.0.{number // 250}.{number % 250}" for number in range(NODES)]
    cluster = builders.cluster("big")
    for minutes in range(HISTORY_MINUTES, -1, -1):
        at = now - timedelta(minutes=minutes, seconds=5)
        with transaction.atomic():
            of_minute(
                cluster,
                hosts if minutes < WHOLE_MINUTES else [CHOSEN],
                hosts,
                at,
                whole=minutes < WHOLE_MINUTES or minutes % 30 == 0,
            )
    return cluster


def of_minute(cluster: Cluster, measured_hosts: list[str], hosts: list[str], at: datetime, *, whole: bool) -> None:
    on_the_minute = at.replace(second=0, microsecond=0)
    if whole:
        agents = [builders.agent(host, zone=f"zone-{number % 3}") for number, host in enumerate(hosts)]
        builders.write(cluster, builders.summary(at, *agents), now=on_the_minute)
    disks = tuple(builders.filesystem(f"/disk{number}", 10 * number + 30, 60) for number in range(FILESYSTEMS))
    builders.write_use(
        cluster, *(builders.host_metrics(host, at, filesystems=disks) for host in measured_hosts), now=at
    )
    containers = [builders.container_reading(f"c{number}", at) for number in range(CONTAINERS)]
    builders.write_containers(
        cluster, *(builders.agent_containers(host, *containers, at=at) for host in measured_hosts), now=at
    )
    builders.write_agents(cluster, *(builders.agent_snapshot(host, at) for host in measured_hosts), now=at)
    builders.write_masters(cluster, builders.master(at=at), now=at)


if __name__ == "__main__":
    main(int(sys.argv[1]))
