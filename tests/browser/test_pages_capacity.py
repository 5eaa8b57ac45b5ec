"""Capacity and its filesystems in a real browser: both themes, wide and narrow, under the product's own policy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from collectors.records import Bounds, Resources
from tests import builders
from tests.browser.conftest import LOOKS, Open, address_of, ill_looks, until
from tests.builders import (
    GIB,
    agent,
    contain,
    filesystem,
    framework,
    host_metrics,
    role,
    roles,
    summary,
    write,
    write_use,
)

pytestmark = pytest.mark.browser

EVIL = '/"><script>alert(1)</script>'
PAGES = {
    "by role": "/c/prod/capacity/?range=1h&by=role",
    "compared": "/c/prod/capacity/?range=24h&compare=week&by=zone",
    "a quarter": "/c/prod/capacity/?range=90d&by=framework",
    "a wrong question": "/c/prod/capacity/?cpus=x&range=99y",
    "filesystems": "/c/prod/capacity/filesystems/",
    "filesystems sorted": "/c/prod/capacity/filesystems/?sort=-growth&range=6h",
    "plain mesos": "/c/lab/capacity/",
    "filesystems of plain mesos": "/c/lab/capacity/filesystems/",
}


def fill() -> None:
    """Three agents in two zones with roles, frameworks, a quota and half an hour of figures now and a week ago."""
    cluster, now = builders.cluster(), timezone.now()
    held = framework("marathon", allocated=Resources(cpus=2, mem_bytes=4 * GIB))
    agents = [agent("10.0.0.1"), agent("10.0.0.2", zone="eu-b"), agent("10.0.0.3", zone="eu-b", public=True)]
    for minutes in (*range(7 * 1440 + 30, 7 * 1440, -5), *range(30, -1, -1)):
        write(cluster, summary(now - timedelta(minutes=minutes), *agents, frameworks=(held,)))
    disks = (filesystem(EVIL, 95, 5), filesystem("/var/lib/mesos/a-path-that-is-rather-long", 20, 80))
    write_use(cluster, *(host_metrics(one.host, now, filesystems=disks) for one in agents[:2]), now=now)
    contain(cluster, "id-of-marathon", cpus=0.5, at=now)
    limited = role("a-role-with-a-rather-long-name-indeed", guarantee=Bounds(cpus=2.0, mem_bytes=4.0 * GIB))
    write(cluster, roles(now, role("*", frameworks=("id-of-marathon",)), limited))
    write(builders.cluster("lab", kind="mesos"), summary(now))


@pytest.fixture
def visit(open_signed_in: Open) -> Open:
    """Opens an address of what `fill` made, signed in."""
    fill()
    return open_signed_in


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_no_page_complains_scrolls_sideways_or_shuts_anybody_out(
    visit: Open, complaints: list[str], dark: bool, width: int
) -> None:
    page = visit(PAGES["by role"], dark=dark, width=width)
    for name, address in PAGES.items():
        page.goto(address_of(page, address))
        page.wait_for_selector("main h1")
        assert ill_looks(page) == [], name
    assert complaints == []


def test_the_week_before_is_drawn_under_the_present(visit: Open, complaints: list[str]) -> None:
    page = visit(PAGES["compared"])
    page.locator("#cpu-allocation").scroll_into_view_if_needed()
    until(page, "document.querySelectorAll('#cpu-allocation .scatterlayer .js-line').length > 3")
    assert "a week before" in page.inner_text("#cpu-allocation .keys")
    assert complaints == []


def test_from_the_form_to_an_answer_and_from_a_tab_to_another_with_nothing_lost(visit: Open) -> None:
    page = visit(PAGES["by role"])
    page.fill("#id_cpus", "2")
    page.fill("#id_mem", "1")
    page.click("#fit button")
    page.wait_for_url("**cpus=2**")
    assert "instances of 2 cores and 1 GiB fit at most" in page.inner_text("#fits").replace("\u00a0", " ")
    page.click("#where .tabs a:text('Zone')")
    page.wait_for_url("**by=zone**")
    assert "range=1h" in page.url and "cpus=2" in page.url
    assert page.locator("#where tbody tr").count() == 2


def test_from_capacity_to_all_filesystems_and_a_filter_that_works_while_typing(
    visit: Open, complaints: list[str]
) -> None:
    page = visit(PAGES["by role"])
    page.click("text=All filesystems")
    page.wait_for_selector("#disks")
    assert page.locator("#disks tbody tr").count() == 4
    page.fill("[data-filter]", "rather-long")
    assert page.locator("#disks tbody tr:visible").count() == 2
    page.click(".crumbs a")
    page.wait_for_url("**/capacity/")
    assert complaints == []
