"""The demo's cluster: its name, its free addresses on loopback, the command that runs its simulator."""

from __future__ import annotations

import socket
import sys
from contextlib import closing
from datetime import datetime
from urllib.parse import urlsplit

from django.db import transaction
from django.utils import timezone

from collectors.records import MASTER_PORT
from collectors.simulator import Settings, world_of
from dashboard.demo.past_day import HISTORY, Watching, write_history
from dashboard.models import Cluster, Master
from dashboard.store import clusters

NAME = "demo"
NETS = range(88, 120)


def prepare(watching: Watching) -> list[str]:
    """Make the demo cluster known, with its past, unless it is; returns the command that runs its simulator."""
    cluster = Cluster.objects.filter(name=NAME).first()
    if cluster is None:
        cluster = _make(timezone.now(), watching)
    net = _net_of(cluster)
    anchor = (cluster.created_at + HISTORY).timestamp()
    address = urlsplit(cluster.url).netloc
    options = ["--router", address, "--net", str(net), "--anchor", str(anchor)]
    return [sys.executable, "-m", "collectors.simulator", *options]


@transaction.atomic
def _make(now: datetime, watching: Watching) -> Cluster:
    url = f"http://127.0.0.1:{_free_port()}"
    cluster = Cluster(name=NAME, kind=Cluster.Kind.DCOS, url=url)
    clusters.save(cluster, master_urls=(), token=None, now=now - HISTORY)
    world = world_of(Settings(anchor=now.timestamp()), net=_free_net())
    write_history(cluster, world, now, watching)
    return cluster


def _net_of(cluster: Cluster) -> int:
    """The 127.x network its masters were given when it was made."""
    return int(Master.objects.filter(cluster=cluster).order_by("pk")[0].host.split(".")[1])


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


def _free_net() -> int:
    """The first network where no other demo listens; where loopback has one address only (macOS) any will do."""
    for net in NETS:
        try:
            socket.create_server((f"127.{net}.0.11", MASTER_PORT)).close()
        except OSError:
            continue
        return net
    return NETS[0]
