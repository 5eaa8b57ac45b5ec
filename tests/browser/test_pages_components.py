"""Masters, Components, a unit, a unit on a node and Collection in a real browser, with text that means harm."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from collectors.records import UnitOnNode
from dashboard.models import Cluster
from tests import builders
from tests.browser.conftest import LOOKS, Open, address_of, ill_looks, until
from tests.builders import GIB, master, node_health, report, unit, write, write_masters

pytestmark = pytest.mark.browser

IMAGE = "<img src=x onerror=alert(1)>"
SCRIPT = '"><script>alert(1)</script>'
HOST = "10.0.0.1"
PAGES = {
    "masters": "/c/prod/masters/",
    "components": "/c/prod/components/",
    "unit": "/c/prod/components/dcos-net.service/",
    "unit on node": f"/c/prod/components/dcos-net.service/nodes/{HOST}/",
    "collection": "/c/prod/collection/",
}
FIGURES = {
    "system/mem_total_bytes": 16.0 * GIB,
    "system/mem_free_bytes": 9.0 * GIB,
    "master/event_queue_messages": 21.0,
}


def hostile(name: str) -> UnitOnNode:
    return UnitOnNode(
        unit=f"{name}.service", name=name, description=SCRIPT, health=1, output=f"{SCRIPT}{IMAGE}\x1b[2J\u202e"
    )


def tell(seconds_ago: float, *, health: int) -> None:
    cluster, at = Cluster.objects.get(), timezone.now() - timedelta(seconds=seconds_ago)
    masters = [master(f"10.0.0.10{last}", at, metrics=FIGURES) for last in (1, 2)]
    write_masters(cluster, *masters, silent=("10.0.0.103",), now=at)
    sick = UnitOnNode(
        unit="dcos-net.service", name="DC/OS Net", description=SCRIPT, health=health, output=SCRIPT + IMAGE
    )
    first = node_health(HOST, sick, hostile(IMAGE), hostile(SCRIPT), unit("dcos-dns.service"), health=1)
    write(cluster, report(at, first, node_health("10.0.0.2"), node_health("10.0.0.3", dark=seconds_ago < 60)))


@pytest.fixture
def visit(open_signed_in: Open, settings: Settings) -> Open:
    """Opens an address of a cluster that is not well, signed in."""
    settings.REFRESH_SECONDS = 2
    builders.cluster()
    tell(120, health=0)
    tell(10, health=1)
    return open_signed_in


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_no_page_complains_scrolls_sideways_or_shuts_anybody_out(
    visit: Open, complaints: list[str], dark: bool, width: int
) -> None:
    page = visit(PAGES["masters"], dark=dark, width=width)
    for name, address in PAGES.items():
        page.goto(address_of(page, address))
        assert ill_looks(page) == [], name
    assert complaints == []


def test_what_the_cluster_wrote_is_read_and_never_run(visit: Open, complaints: list[str]) -> None:
    page = visit(PAGES["components"])
    assert page.locator("#components").inner_text().count(IMAGE) == 2  # as a name and as a unit
    page.click(f"text={IMAGE} >> nth=0")
    page.wait_for_url("**/components/*/")
    assert SCRIPT in page.inner_text("#head")
    page.click("#nodes tbody th a")
    page.wait_for_selector("#output pre")
    assert page.inner_text("#output pre") == f"{SCRIPT}{IMAGE}<U+001B>[2J<U+202E>"
    assert page.locator("main img, main script:not([type='application/json'])").count() == 0
    assert complaints == []


def test_typing_filters_at_once_and_a_refresh_keeps_it(visit: Open) -> None:
    page = visit(PAGES["components"])
    page.fill("[data-filter]", "dns")
    assert page.inner_text("[data-result]") == "1 of 4 shown"
    assert page.locator("#components tbody tr:visible").count() == 1
    tell(1, health=0)
    until(page, "/Unhealthy\\s+2/.test(document.querySelector('#counts').innerText)")
    assert page.locator("#components tbody tr:visible").count() == 1
    assert page.input_value("[data-filter]") == "dns"


def test_the_snapshot_is_saved_under_the_name_dcos_gives_it(visit: Open) -> None:
    page = visit(PAGES["components"])
    with page.expect_download() as download:
        page.click("text=Download Snapshot")
    assert download.value.suggested_filename == "health-report.json"


def test_the_chart_of_the_masters_is_drawn(visit: Open) -> None:
    page = visit(PAGES["masters"])
    page.locator("#event-queue").scroll_into_view_if_needed()
    until(page, "document.querySelectorAll('#event-queue .main-svg').length > 0")
