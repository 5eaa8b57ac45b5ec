"""Nodes and one node in a real browser: both themes, wide and narrow, under the product's own policy."""

from __future__ import annotations

import math
from datetime import timedelta

import pytest
from django.utils import timezone

from tests import builders
from tests.browser.conftest import LOOKS, Open, address_of, ill_looks, until
from tests.builders import (
    GIB,
    agent,
    filesystem,
    host_metrics,
    interface,
    master,
    node_health,
    report,
    summary,
    unit,
    write,
    write_machines,
    write_masters,
)

pytestmark = pytest.mark.browser

HOST = "10.0.0.1"
EVIL = '/"><script>alert(1)</script>'
PAGES = {
    "nodes": "/c/prod/nodes/",
    "nodes sorted": "/c/prod/nodes/?sort=-cpu_used&is=private",
    "nodes with chosen columns": "/c/prod/nodes/?cols=host,attributes,network,id,cpu,version",
    "nodes with a filter that cannot be read": "/c/prod/nodes/?q=rack:b4+is:private",
    "grid": "/c/prod/nodes/?view=grid",
    "heat map": "/c/prod/nodes/?view=heat&range=1h",
    "masters as nodes": "/c/prod/nodes/?role=master",
    "node": f"/c/prod/nodes/{HOST}/?range=1h",
    "lost node": "/c/prod/nodes/10.0.0.2/?range=1h",
    "master": "/c/prod/nodes/10.0.0.101/",
    "plain mesos": "/c/lab/nodes/",
    "node of plain mesos": f"/c/lab/nodes/{HOST}/",
    "capacity": "/c/prod/capacity/?range=1h",
}
CHARTS = ("cpu", "load", "memory", "fullest", "traffic", "trouble", "processes")


def fill() -> None:
    """Three agents, one lost, one nearly full, with half an hour of figures and a gap in it; and a plain Mesos."""
    cluster, now = builders.cluster(), timezone.now()
    for minutes in (*range(30, 18, -1), *range(10, 0, -1)):
        at = now - timedelta(minutes=minutes)
        disks = (
            filesystem("/"),
            filesystem(EVIL, 95, 5),
            filesystem("/var/lib/mesos/a-path-that-is-rather-long", 20, 80),
        )
        busy = {"cpu.total": 40 + 20 * math.sin(minutes / 3), "memory.free": 2.0 * GIB}
        traffic = interface("eth0", 1e9 - 1e7 * minutes, 1e9 - 5e6 * minutes)
        write(cluster, summary(at, agent(HOST), agent("10.0.0.2"), agent("10.0.0.3")))
        told = host_metrics(HOST, at, metrics=busy, filesystems=disks, interfaces=(traffic,))
        write_machines(cluster, told, host_metrics("10.0.0.2", at), now=at)
    write_masters(cluster, master(at=now), now=now)
    write(cluster, report(now, node_health(HOST, unit("dcos-net.service", 1), unit("dcos-dns.service"), health=1)))
    write(cluster, summary(now, agent(HOST), agent("10.0.0.2", active=False), agent("10.0.0.3")))
    write(builders.cluster("lab", kind="mesos"), summary(now, agent(HOST)))


@pytest.fixture
def visit(open_signed_in: Open) -> Open:
    """Opens an address of what `fill` made, signed in."""
    fill()
    return open_signed_in


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_no_page_complains_scrolls_sideways_or_shuts_anybody_out(
    visit: Open, complaints: list[str], dark: bool, width: int
) -> None:
    page = visit(PAGES["nodes"], dark=dark, width=width)
    for name, address in PAGES.items():
        page.goto(address_of(page, address))
        page.wait_for_selector("main h1")
        assert ill_looks(page) == [], name
    assert complaints == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_chart_of_a_node_is_drawn_and_bridges_no_gap(visit: Open, complaints: list[str], dark: bool) -> None:
    page = visit(PAGES["node"], dark=dark)
    for name in CHARTS:
        page.locator(f"#{name}").scroll_into_view_if_needed()
        until(page, f"document.querySelectorAll('#{name} .scatterlayer .js-line').length > 0")
    strokes = page.evaluate(
        """[...document.querySelectorAll('#cpu .scatterlayer .trace')]
          .map(trace => [...trace.querySelectorAll('.js-line')].map(stroke => stroke.getBoundingClientRect()))
          .filter(strokes => strokes.length === 2)[0]"""
    )
    assert strokes[0]["right"] < strokes[1]["left"] - 20
    assert complaints == []


def test_from_the_list_to_the_node_and_back(visit: Open, complaints: list[str]) -> None:
    page = visit(PAGES["nodes"])
    assert page.locator("#nodes tbody tr").count() == 3
    page.fill("[data-filter]", "0.0.1")
    assert page.locator("#nodes tbody tr:visible").count() == 1
    page.click(f"#nodes tbody th a:text('{HOST}')")
    page.wait_for_url(f"**/nodes/{HOST}/")
    assert EVIL in page.inner_text("#filesystems")
    page.click(".crumbs a")
    page.wait_for_url("**/nodes/")
    assert complaints == []


def test_text_filters_while_typing_and_grammar_waits_for_enter(visit: Open, complaints: list[str]) -> None:
    page = visit(PAGES["nodes"])
    page.fill("[data-filter]", "is:silent")
    assert page.locator("#nodes tbody tr:visible").count() == 3
    assert page.inner_text("[data-result]") == "Enter applies it"
    page.press("[data-filter]", "Enter")
    page.wait_for_url("**/nodes/?q=is%3Asilent*")
    assert page.locator("#nodes tbody tr:visible").count() == 1
    assert complaints == []


def test_columns_are_chosen_with_boxes(visit: Open, complaints: list[str]) -> None:
    page = visit(PAGES["nodes"])
    page.click(".columns summary")
    page.uncheck(".columns [value=tasks]")
    page.check(".columns [value=id]")
    page.click(".columns .btn")
    page.wait_for_url("**cols=id*")
    head = page.inner_text("#nodes thead")
    assert "Agent id" in head and "Tasks" not in head
    assert complaints == []


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_square_of_the_grid_is_reached_by_keyboard_and_leads_to_its_node(
    visit: Open, complaints: list[str], dark: bool
) -> None:
    page = visit(PAGES["grid"], dark=dark)
    squares = page.locator(".squares a")
    assert squares.count() == 3
    squares.first.focus()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.title").startswith("10.0.0.")
    sizes = page.evaluate(
        "[...document.querySelectorAll('.squares a')].map(one => one.getBoundingClientRect()).map(box => [box.width, box.height])"
    )
    assert all(width >= 24 and height >= 24 for width, height in sizes)
    page.keyboard.press("Enter")
    page.wait_for_url("**/nodes/10.0.0.*/")
    assert complaints == []


def test_each_cell_of_the_heat_map_says_its_figure(visit: Open, complaints: list[str]) -> None:
    page = visit(PAGES["heat map"])
    said = page.evaluate("[...document.querySelectorAll('.cells rect title')].map(one => one.textContent)")
    assert any(text.endswith("not measured") for text in said) and any(text.endswith("%") for text in said)
    widths = page.evaluate(
        "[...document.querySelectorAll('.cells rect')].map(one => one.getBoundingClientRect().width)"
    )
    assert min(widths) > 1
    assert complaints == []
