from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests import patience
from tests.browser.conftest import Open, until

pytestmark = pytest.mark.browser


@pytest.fixture
def page(open_sheet: Open) -> Page:
    page = open_sheet()
    page.locator("#cpu").scroll_into_view_if_needed()
    for figure in ("cpu", "memory"):
        # The hair comes with the keys' listener, a moment after the drawing.
        page.wait_for_selector(f"#{figure} .plot .xhair", state="attached")
    return page


def read_out(page: Page, figure: str) -> str:
    return page.inner_text(f"#{figure} output[data-i='1']")


def test_a_chart_is_drawn_under_the_content_policy(page: Page, complaints: list[str]) -> None:
    assert page.locator("#memory .scatterlayer .trace").count() >= 3
    assert complaints == []


def test_what_was_not_measured_is_not_bridged(page: Page) -> None:
    pieces = page.evaluate(
        "[...document.querySelectorAll('#memory .scatterlayer .trace')]"
        ".map(trace => trace.querySelectorAll('path.js-line').length)"
    )
    assert max(pieces) >= 2


def test_the_area_under_a_line_has_the_lines_gaps(page: Page) -> None:
    used = page.evaluate(
        "document.querySelector('#memory .plot').data.find(trace => trace.fill === 'toself' && !trace.yaxis)"
    )
    assert used["x"].count(None) == 3  # before the gap, the lone value in it, after it
    assert page.evaluate("document.querySelector('#memory .plot').data.every(trace => trace.fill !== 'tozeroy')")


def test_the_axis_is_in_utc_wherever_the_reader_is(page: Page) -> None:
    assert page.evaluate("Intl.DateTimeFormat().resolvedOptions().timeZone") == "America/New_York"
    ticks = page.locator("#memory .xtick text").all_text_contents()
    assert "21:00" in ticks
    assert "02:00" in ticks


def test_arrows_walk_all_charts_of_the_page(page: Page) -> None:
    at_rest = read_out(page, "cpu")
    page.focus("#memory .plot")
    for _ in range(3):
        page.keyboard.press("PageUp")
    assert page.inner_text("#cpu .at") == page.inner_text("#memory .at") != "latest"
    assert read_out(page, "cpu") != at_rest
    assert "Allocated" in (page.get_attribute("#memory .plot", "aria-valuetext") or "")
    page.keyboard.press("Escape")
    assert page.inner_text("#cpu .at") == "latest"


def test_the_cursor_in_a_gap_reads_a_dash_and_says_why(page: Page) -> None:
    def moved_into_it() -> bool:
        page.focus("#memory .plot")
        page.keyboard.press("Home")
        for _ in range(8):
            page.keyboard.press("PageDown")
        page.keyboard.press("ArrowRight")
        return read_out(page, "memory") == "—" and "not measured" in page.inner_text("#memory .at")

    # A refresh that comes meanwhile shows the latest figures again.
    patience.until(moved_into_it, what="the cursor in the gap")


def test_zooming_one_chart_zooms_its_group(page: Page) -> None:
    box = page.locator("#memory .plot").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 100, box["y"] + 80)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 80, steps=5)
    page.mouse.up()
    until(
        page,
        "JSON.stringify(document.querySelector('#cpu .plot').layout.xaxis.range)"
        " === JSON.stringify(document.querySelector('#memory .plot').layout.xaxis.range)"
        " && !document.querySelector('#cpu .plot').layout.xaxis.range[0].includes('T20:16')",
    )


def test_a_refresh_keeps_the_drawn_plot(page: Page) -> None:
    page.evaluate("document.querySelector('#memory .plot').dataset.same = 'yes'")
    page.evaluate("document.querySelector('#memory').dataset.old = 'yes'")
    until(page, "!document.querySelector('#memory').dataset.old")
    assert page.get_attribute("#memory .plot", "data-same") == "yes"
    assert page.locator("#memory .main-svg").count() > 0


def test_a_change_of_theme_is_a_change_of_ink(page: Page) -> None:
    colour = "getComputedStyle(document.querySelector('#memory .scatterlayer path.js-line')).stroke"
    light = page.evaluate(colour)
    page.click("[data-theme-set]")
    until(page, f"{colour} !== '{light}'")


def test_the_table_opens_and_closes_beside_the_chart(page: Page) -> None:
    assert not page.is_visible("#memory table")
    page.click("#memory [data-table]")
    assert page.is_visible("#memory table")


def test_without_plotly_the_table_stays_open(open_sheet: Open) -> None:
    page = open_sheet()
    page.route("**/plotly-basic*", lambda route: route.abort())
    page.reload()
    page.wait_for_timeout(500)
    assert page.is_visible("#memory table")
