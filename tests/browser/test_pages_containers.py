"""The containers of a node and one of them in a real browser: both themes, wide and narrow, under the product's own policy."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from collectors.records import ContainerReading
from tests import builders
from tests.browser.conftest import LOOKS, Open, address_of, ill_looks, until
from tests.builders import (
    GIB,
    MIB,
    agent,
    agent_containers,
    agent_snapshot,
    container_reading,
    flags,
    host_metrics,
    summary,
    write,
    write_agents,
    write_containers,
    write_machines,
)

pytestmark = pytest.mark.browser

HOST = "10.0.0.1"
EVIL = '"><script>alert(1)</script>'
POD = "7c2f9a54-1b0e-4f6e-a4a2-3b0c6d1f8e90"
PAGES = {
    "containers": f"/c/prod/nodes/{HOST}/containers/",
    "containers filtered": f"/c/prod/nodes/{HOST}/containers/?is=running&sort=-mem&q=e",
    "container": f"/c/prod/nodes/{HOST}/containers/{POD}/?range=1h",
    "nested container": f"/c/prod/nodes/{HOST}/containers/sidecar/?range=1h",
    "first sample": f"/c/prod/nodes/{HOST}/containers/young/?range=1h",
    "ended container": f"/c/prod/nodes/{HOST}/containers/over/?range=1h",
    "node": f"/c/prod/nodes/{HOST}/?range=1h",
    "node of plain mesos": f"/c/lab/nodes/{HOST}/",
}
CHARTS = ("cpu", "throttling", "memory", "traffic", "disk")


def sample(at: datetime, container_id: str, used: float, memory: float, **said: object) -> ContainerReading:
    """A container with so many cores and bytes in use, and some traffic."""
    elapsed = (at - builders.NOON).total_seconds() + 1e7
    wave = 1 + 150 * math.sin(elapsed / 300) / elapsed  # the rate then swings by half of itself
    metrics = {
        "cpus_user_time_secs": used * elapsed * wave,
        "cpus_system_time_secs": 0.1 * elapsed,
        "cpus_soft_limit": 1.0,
        "cpus_nr_periods": 10 * elapsed,
        "cpus_nr_throttled": 10 * elapsed * wave * used / 20,
        "mem_rss_bytes": memory * (1 + math.sin(elapsed / 400) / 20),
        "mem_cache_bytes": 120.0 * MIB,
        "net_rx_bytes": 2e6 * elapsed * wave,
        "net_tx_bytes": 9e5 * elapsed,
        "blkio_read_bytes": 4e5 * elapsed,
        "blkio_write_bytes": 1.1e6 * elapsed * wave,
        "processes": 4.0,
        "threads": 37.0,
    }
    return container_reading(container_id, at, metrics=metrics, framework_name="marathon", **said)


def containers_at(at: datetime, minutes: int) -> list[ContainerReading]:
    found = [
        sample(at, POD, 0.4, 600 * MIB, task_name="payments_api.4f1c0d2a-c7b1-11f0-9b1e-0242ac110004"),
        sample(at, "sidecar", 0.05, 40 * MIB, parent_id=POD, task_name=""),
        sample(at, "full", 0.2, 0.97 * GIB, task_name="search_indexer.91b0"),
        sample(at, "evil", 0.01, 5 * MIB, task_name=EVIL),
    ]
    if minutes > 5:
        found.append(sample(at, "over", 0.3, 50 * MIB, task_name="nightly_report.1"))
    if minutes == 0:
        found.append(sample(at, "young", 0.3, 50 * MIB, task_name="web_store.77"))
    return found


def fill() -> None:
    """Half an hour of a node's containers with a gap in it; and a plain Mesos."""
    cluster, now = builders.cluster(), timezone.now() - timedelta(seconds=2)
    for minutes in (*range(30, 18, -1), *range(10, -1, -1)):
        at = now - timedelta(minutes=minutes)
        write_containers(cluster, agent_containers(HOST, *containers_at(at, minutes), at=at), now=at)
        write_machines(cluster, host_metrics(HOST, at), now=at)
    lab = builders.cluster("lab", kind="mesos")
    for to in (cluster, lab):
        write(to, summary(now, agent(HOST)))
        write_agents(to, agent_snapshot(HOST, now, uptime_seconds=86_000.0 * 41))
        write(
            to, flags(HOST, now, flags={"isolation": "cgroups/cpu,cgroups/mem,disk/du", "cgroups_enable_cfs": "true"})
        )


@pytest.fixture
def visit(open_signed_in: Open) -> Open:
    """Opens an address of what `fill` made, signed in."""
    fill()
    return open_signed_in


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_no_page_complains_scrolls_sideways_or_shuts_anybody_out(
    visit: Open, complaints: list[str], dark: bool, width: int
) -> None:
    page = visit(PAGES["containers"], dark=dark, width=width)
    for name, address in PAGES.items():
        page.goto(address_of(page, address))
        page.wait_for_selector("main h1")
        for disclosure in page.locator("details.birth > summary").all():
            disclosure.click()
        assert ill_looks(page) == [], name
    assert complaints == []


def test_every_chart_of_a_container_is_drawn_and_bridges_no_gap(visit: Open, complaints: list[str]) -> None:
    page = visit(PAGES["container"])
    for name in CHARTS:
        page.locator(f"#{name}").scroll_into_view_if_needed()
        until(page, f"document.querySelectorAll('#{name} .scatterlayer .js-line').length > 0")
    strokes = page.evaluate(
        """[...document.querySelectorAll('#memory .scatterlayer .trace')]
          .map(trace => [...trace.querySelectorAll('.js-line')].map(stroke => stroke.getBoundingClientRect()))
          .filter(strokes => strokes.length === 2)[0]"""
    )
    assert strokes[0]["right"] < strokes[1]["left"] - 20
    assert complaints == []


def test_from_the_node_to_its_containers_to_one_and_to_its_root(visit: Open, complaints: list[str]) -> None:
    page = visit(PAGES["node"])
    page.click("#containers header a")
    page.wait_for_url("**/containers/")
    assert EVIL in page.inner_text("#containers")
    page.click("#containers a:text-is('sidecar')")
    page.wait_for_url("**/containers/sidecar/")
    page.click("#identity a:text('payments_api')")
    page.wait_for_url(f"**/containers/{POD}/")
    assert complaints == []
