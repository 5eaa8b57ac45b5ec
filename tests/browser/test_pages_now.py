"""Now, Capacity and the clusters in a real browser: both themes, wide and narrow, under the product's own policy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page

from dashboard.roles import Role, grant
from tests import builders
from tests.browser.conftest import PASSWORD, Open, grave_findings, has_sideways_scroll, until
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
def open_signed_in(open_page: Open) -> Open:
    grant(User.objects.create_user("ana", password=PASSWORD), Role.VIEWER)
    fill()

    def opened(address: str, *, dark: bool = False, width: int = 1440, bypass_csp: bool = False) -> Page:
        page = open_page(f"/accounts/login/?next={address}", dark=dark, width=width, bypass_csp=bypass_csp)
        page.fill("#id_username", "ana")
        page.fill("#id_password", PASSWORD)
        page.click("button.primary")
        page.wait_for_url(f"**{address}")
        return page

    return opened


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_now_fits_and_the_policy_refuses_nothing(
    dark: bool, width: int, open_signed_in: Open, complaints: list[str]
) -> None:
    page = open_signed_in("/c/prod/", dark=dark, width=width)
    assert page.is_visible("#verdict.bad")
    assert page.locator(".tile").count() == 8
    assert not has_sideways_scroll(page)
    assert page.evaluate("typeof Plotly") == "undefined"
    assert not complaints


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_capacity_draws_its_charts_and_bridges_no_gap(
    dark: bool, width: int, open_signed_in: Open, complaints: list[str]
) -> None:
    page = open_signed_in("/c/prod/capacity/?range=1h", dark=dark, width=width)
    page.locator("#cpu-allocation").scroll_into_view_if_needed()
    until(page, f"{LINES} > 0")
    assert page.is_visible("#cpu-allocation svg.main-svg")
    before, after = page.evaluate(STROKES)
    assert before["right"] < after["left"] - 50
    assert not has_sideways_scroll(page)
    assert not complaints


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("address", ["/c/prod/", "/c/prod/capacity/", "/c/stage/", "/c/lab/", "/c/lab/capacity/", "/"])
def test_axe_finds_nothing_grave(address: str, dark: bool, open_signed_in: Open) -> None:
    page = open_signed_in(address, dark=dark, bypass_csp=True)
    assert grave_findings(page) == []


def test_the_clusters_fit_a_phone(open_signed_in: Open, complaints: list[str]) -> None:
    page = open_signed_in("/", width=390)
    assert page.locator("tbody tr").count() == 3
    assert not has_sideways_scroll(page)
    assert not complaints
