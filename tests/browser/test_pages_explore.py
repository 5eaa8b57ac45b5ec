"""Explore in a real browser: both themes, wide and narrow, under the product's own policy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django.utils.http import urlencode

from tests import builders
from tests.browser.conftest import LOOKS, Open, address_of, ill_looks, until
from tests.builders import agent, host_metrics, summary, write, write_machines

pytestmark = pytest.mark.browser

EXPLORE = "/c/prod/explore/"
EACH = "cpu.total{kind=host}"
PANELS = [EACH, "p95 by (zone) (mem_used_bytes / memory.total {kind=host})", "cpu.totl{kind=host}"]
PAGES = {
    "nothing asked": EXPLORE,
    "three panels, one of them wrong": f"{EXPLORE}?{urlencode({'q': PANELS}, doseq=True)}",
    "a rate": f"{EXPLORE}?{urlencode({'q': 'sum(rate(in_bytes{kind=interface}))', 'range': '6h'})}",
    "nothing fits": f"{EXPLORE}?{urlencode({'q': 'cpu.total{kind=host, host=10.9.9.9}'})}",
    "metrics": f"{EXPLORE}metrics/",
    "metrics looked for": f"{EXPLORE}metrics/?q=memory&source=hosts",
}
MACHINES = 9


def fill() -> None:
    """Nine machines in two zones, over half an hour."""
    cluster, now = builders.cluster(), timezone.now()
    hosts = [f"10.0.0.{place}" for place in range(MACHINES)]
    write(cluster, summary(now, *(agent(host, zone=f"eu-{'ab'[place % 2]}") for place, host in enumerate(hosts))))
    for minute in range(30, -1, -1):
        at = now - timedelta(minutes=minute)
        told = [
            host_metrics(host, at, metrics={"cpu.total": 5.0 + 9 * place + minute % 4})
            for place, host in enumerate(hosts)
        ]
        write_machines(cluster, *told, now=at)


@pytest.fixture
def visit(open_signed_in: Open) -> Open:
    """Opens an address of what `fill` made, signed in."""
    fill()
    return open_signed_in


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_no_page_complains_scrolls_sideways_or_shuts_anybody_out(
    visit: Open, complaints: list[str], dark: bool, width: int
) -> None:
    page = visit(EXPLORE, dark=dark, width=width)
    for name, address in PAGES.items():
        page.goto(address_of(page, address))
        page.wait_for_selector("main h1")
        assert ill_looks(page) == [], name
    assert complaints == []


def test_from_the_catalogue_to_a_chart_to_another_line_in_it(visit: Open, complaints: list[str]) -> None:
    page = visit(PAGES["metrics"])
    page.fill("[data-search]", "cpu.total")
    page.click("main form button")
    page.click("#list a:text-is('cpu.total')")
    until(page, "document.querySelectorAll('#explored-1 .scatterlayer .js-line').length === 6")
    page.click("text='draw' >> nth=0")
    until(page, "document.querySelectorAll('#explored-1 .scatterlayer .js-line').length === 7")
    assert "stroke-dasharray" in (page.locator("#explored-1 .js-line").last.get_attribute("style") or "")
    page.click("nav[aria-label='Added up'] a:text-is('mean')")
    page.click("nav[aria-label='Split'] a:text-is('by zone')")
    until(page, "document.querySelectorAll('#explored-1 .scatterlayer .js-line').length === 2")
    assert page.input_value("#q1") == "mean by (zone) (cpu.total{kind=host})"
    assert complaints == []


def test_a_formula_is_typed_mistaken_and_put_right(visit: Open, complaints: list[str]) -> None:
    page = visit(EXPLORE)
    page.fill("#q1", "cpu.totl{kind=host}")
    page.press("#q1", "Enter")
    page.wait_for_selector("[role=alert]")
    assert "No host tells cpu.totl." in page.inner_text("[role=alert]")
    page.fill("#q1", EACH)
    page.press("#q1", "Enter")
    page.wait_for_selector("#explored-1")
    assert complaints == []
