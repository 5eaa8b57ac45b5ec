"""Now, Capacity and the clusters in a real browser: both themes, wide and narrow, under the product's own policy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import builders
from tests.browser.conftest import LOOKS, Open, address_of, has_sideways_scroll, ill_looks, until
from tests.builders import agent, framework, master, node_health, report, summary, unit, write, write_masters

pytestmark = pytest.mark.browser

LINES = "document.querySelectorAll('#cpu-allocation .scatterlayer .js-line').length"
STROKES = """[...document.querySelectorAll('#cpu-allocation .scatterlayer .trace')]
  .map(trace => [...trace.querySelectorAll('.js-line')].map(stroke => stroke.getBoundingClientRect()))
  .filter(strokes => strokes.length === 2)[0]"""
"""Where the first line with a gap is drawn: a stroke before it and one after it."""


def fill() -> None:
    """Three clusters: one degraded, with an hour of figures and a gap in it; one that never answered; one gone silent."""
    cluster, now = builders.cluster(), timezone.now()
    for minutes in (*range(60, 40, -2), *range(20, 0, -2)):
        at = now - timedelta(minutes=minutes)
        write(cluster, summary(at, agent("10.0.0.1"), agent("10.0.0.2")))
    write_masters(cluster, master(at=now), now=now)
    write(cluster, report(now, node_health("10.0.0.1", unit("dcos-net.service", 1), health=1)))
    cut_off = framework("spark-dispatcher-with-a-very-long-name-indeed", connected=False)
    silent = agent("10.0.0.2", active=False)
    write(cluster, summary(now, agent("10.0.0.1"), silent, frameworks=(framework(), cut_off)))
    builders.cluster("stage")
    write(builders.cluster("lab"), summary(now - timedelta(minutes=10)))


@pytest.fixture
def visit(open_signed_in: Open) -> Open:
    """Opens an address of what `fill` made, signed in."""
    fill()
    return open_signed_in


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_now_fits_and_the_policy_refuses_nothing(dark: bool, width: int, visit: Open, complaints: list[str]) -> None:
    page = visit("/c/prod/", dark=dark, width=width)
    assert page.is_visible("#verdict.bad")
    assert page.locator(".tile").count() == 8
    assert not has_sideways_scroll(page)
    assert page.evaluate("typeof Plotly") == "undefined"
    assert not complaints


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_capacity_draws_its_charts_and_bridges_no_gap(
    dark: bool, width: int, visit: Open, complaints: list[str]
) -> None:
    page = visit("/c/prod/capacity/?range=1h", dark=dark, width=width)
    page.locator("#cpu-allocation").scroll_into_view_if_needed()
    until(page, f"{LINES} > 0")
    assert page.is_visible("#cpu-allocation svg.main-svg")
    before, after = page.evaluate(STROKES)
    assert before["right"] < after["left"] - 50
    assert not has_sideways_scroll(page)
    assert not complaints


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_no_page_scrolls_sideways_or_shuts_anybody_out(
    dark: bool, width: int, visit: Open, complaints: list[str]
) -> None:
    page = visit("/", dark=dark, width=width)
    for address in ("/c/prod/", "/c/prod/capacity/", "/c/stage/", "/c/lab/", "/c/lab/capacity/", "/"):
        page.goto(address_of(page, address))
        assert ill_looks(page) == [], address
    assert not complaints


def test_the_clusters_fit_a_phone(visit: Open, complaints: list[str]) -> None:
    page = visit("/", width=390)
    assert page.locator("tbody tr").count() == 3
    assert not has_sideways_scroll(page)
    assert not complaints
