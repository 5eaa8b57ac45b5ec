from __future__ import annotations

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import Page

from tests.browser.conftest import Open, until

pytestmark = pytest.mark.browser


def number(page: Page) -> int:
    return int(page.inner_text("#number"))


def wait_for_refresh(page: Page) -> None:
    until(page, f"document.querySelector('#number').textContent !== '{number(page)}'")


def test_a_refresh_keeps_focus_open_details_and_scroll(open_sheet: Open, complaints: list[str]) -> None:
    page = open_sheet()
    page.click("#birth > summary")
    page.focus("#a-link")
    page.evaluate("scrollTo(0, 40)")
    wait_for_refresh(page)
    assert page.get_attribute("#birth", "open") is not None
    assert page.evaluate("document.activeElement.id") == "a-link"
    assert page.evaluate("scrollY") == 40
    assert complaints == []


def test_a_refresh_keeps_the_place_of_who_reads_a_table_or_an_output(open_sheet: Open) -> None:
    page = open_sheet()
    page.focus("#counted a[href='#row']")
    page.evaluate("document.querySelector('#counted pre').scrollTop = 300")
    wait_for_refresh(page)
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#row"
    assert page.evaluate("document.querySelector('#counted pre').scrollTop") == 300


def test_a_changed_verdict_is_spoken(open_sheet: Open) -> None:
    page = open_sheet()
    assert page.inner_text("[data-said]") == ""
    until(page, "document.querySelector('[data-said]').textContent.includes('silent')")


def test_a_paused_page_stands_still_and_its_ages_do_not(open_sheet: Open) -> None:
    page = open_sheet()
    page.keyboard.press(".")
    before, age = number(page), page.inner_text("[data-age-seconds]")
    assert page.inner_text("[data-clock]") == "paused"
    page.wait_for_timeout(3000)
    assert number(page) == before
    assert page.inner_text("[data-age-seconds]") != age
    page.click("[data-pause]")
    wait_for_refresh(page)


def test_a_server_that_does_not_answer_is_told_and_asked_again(open_sheet: Open) -> None:
    page = open_sheet()
    page.route("**/sheet/", lambda route: route.abort())
    until(page, "document.querySelector('[data-clock]').textContent.startsWith('no answer')")
    page.unroute("**/sheet/")
    wait_for_refresh(page)
    assert page.inner_text("[data-clock]").startswith("next in")


def test_a_session_that_ended_leads_to_signing_in(open_sheet: Open) -> None:
    page = open_sheet()
    Session.objects.all().delete()
    page.wait_for_url("**/accounts/login/?next=/sheet/")
