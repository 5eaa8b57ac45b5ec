from __future__ import annotations

import pytest

from tests.browser.conftest import Open, grave_findings, has_sideways_scroll

pytestmark = pytest.mark.browser
LOGIN = "/accounts/login/"


def test_the_chosen_theme_is_kept_and_written_by_the_server(open_page: Open, complaints: list[str]) -> None:
    page = open_page(LOGIN)
    page.click("[data-theme-set]")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.reload(wait_until="commit")
    assert page.get_attribute("html", "data-theme") == "dark"
    page.click("[data-theme-set]")
    assert page.get_attribute("html", "data-theme") == "light"
    assert complaints == []


@pytest.mark.parametrize("dark", [False, True])
def test_signing_in_is_accessible_in_both_themes(open_page: Open, dark: bool) -> None:
    assert grave_findings(open_page(LOGIN, dark=dark, bypass_csp=True)) == []


@pytest.mark.parametrize("dark", [False, True])
def test_every_part_is_accessible_in_both_themes(open_sheet: Open, dark: bool) -> None:
    page = open_sheet(dark=dark, bypass_csp=True)
    page.locator("#cpu").scroll_into_view_if_needed()
    page.wait_for_selector("#cpu .main-svg")
    assert grave_findings(page) == []


@pytest.mark.parametrize("width", [320, 390])
def test_no_page_scrolls_sideways_on_a_phone(open_page: Open, open_sheet: Open, width: int) -> None:
    assert not has_sideways_scroll(open_page(LOGIN, width=width))
    assert not has_sideways_scroll(open_sheet(width=width))


def test_keys_reach_the_filter_the_sections_and_the_help(open_sheet: Open, complaints: list[str]) -> None:
    page = open_sheet()
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.type") == "search"
    page.keyboard.type("?/.")
    assert page.input_value("[data-search]") == "?/."
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("?")
    assert page.is_visible("[data-help]")
    page.keyboard.press("Escape")
    assert not page.is_visible("[data-help]")
    assert complaints == []


def test_escape_closes_a_menu_and_gives_the_focus_back(open_sheet: Open) -> None:
    page = open_sheet()
    page.click(".user > summary")
    page.focus(".user .pop a")
    page.keyboard.press("Escape")
    assert page.get_attribute(".user", "open") is None
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_the_filter_hides_rows_and_says_how_many_are_left(open_sheet: Open) -> None:
    page = open_sheet()
    page.fill("[data-search]", "silent 242")
    assert page.locator("#rows tbody tr:visible").count() == 1
    assert page.inner_text("[data-result]") == "1 of 2 shown"
    page.fill("[data-search]", "")
    assert page.locator("#rows tbody tr:visible").count() == 2


def test_signing_out_works_from_the_menu(open_sheet: Open) -> None:
    page = open_sheet()
    page.click(".user > summary")
    page.click("text=Sign out")
    page.wait_for_url(f"**{LOGIN}")
