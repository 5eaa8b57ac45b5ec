"""A signed-in page of the sheet, and a watch on what the browser complains about."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from dashboard.roles import Role, grant
from tests.patience import HANG_SECONDS

PASSWORD = "correct horse battery"
GRAVE = {"serious", "critical"}
LOOKS = [(False, 1440), (True, 390)]
"""Dark or not, and how wide: a page is loaded in each theme and in each width; `ill_looks` turns it to the other theme too."""
NARROW = 600
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""The rules of axe that the theme makes a difference to: the markup is the same in both."""
NOT_GRAVE = {"rules": {"region": {"enabled": False}}}
"""Moderate whatever it finds, and a fifth of the time that axe takes."""

Open = Callable[..., Page]

expect.set_options(timeout=1000 * HANG_SECONDS)


@pytest.fixture
def complaints() -> list[str]:
    """What the consoles of all pages said: refused by policy, failed to load, thrown."""
    return []


@pytest.fixture
def open_page(
    transactional_db: None, live_server: LiveServer, browser: Browser, complaints: list[str]
) -> Iterator[Open]:
    """Opens an address of the live server in a context of its own, signed in where a user is given. A dialog, which only a
    script of the cluster's could open, fails the test."""
    contexts = []

    def opened(
        address: str, *, dark: bool = False, width: int = 1440, bypass_csp: bool = False, user: User | None = None
    ) -> Page:
        context = patient(
            browser.new_context(
                color_scheme="dark" if dark else "light",
                viewport={"width": width, "height": 900},
                bypass_csp=bypass_csp,
                timezone_id="America/New_York",
                reduced_motion="reduce",  # no colour half-way between two themes
            )
        )
        contexts.append(context)
        if user is not None:
            sign_in(context, user, live_server.url)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: pytest.fail(f"a script of the cluster ran: {dialog.message}"))
        page.goto(live_server.url + address)
        return page

    yield opened
    for context in contexts:
        context.close()


def patient(context: BrowserContext) -> BrowserContext:
    """The same, which waits for a page as tests wait for everything."""
    context.set_default_timeout(1000 * HANG_SECONDS)
    return context


def sign_in(context: BrowserContext, user: User, url: str) -> None:
    """As the form would, which other tests fill in: three requests, two pages and a password less."""
    client = Client()
    client.force_login(user)
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": url}])


@pytest.fixture
def open_signed_in(open_page: Open) -> Open:
    """Opens any address as a viewer."""
    viewer = User.objects.create_user("ana", password=PASSWORD)
    grant(viewer, Role.VIEWER)

    def opened(address: str, *, dark: bool = False, width: int = 1440, bypass_csp: bool = False) -> Page:
        return open_page(address, dark=dark, width=width, bypass_csp=bypass_csp, user=viewer)

    return opened


def address_of(page: Page, address: str) -> str:
    """The address on the server that the page came from."""
    return "/".join(page.url.split("/")[:3]) + address


@pytest.fixture
def open_sheet(open_page: Open, settings: Settings) -> Open:
    """Opens the page with every part, signed in as an operator; its clock ticks every 2 s."""
    settings.ROOT_URLCONF = "tests.browser.sheet"
    settings.REFRESH_SECONDS = 2
    operator = User.objects.create_user("ana", password=PASSWORD)
    grant(operator, Role.OPERATOR)

    def opened(*, dark: bool = False, width: int = 1440, bypass_csp: bool = False) -> Page:
        return open_page("/sheet/", dark=dark, width=width, bypass_csp=bypass_csp, user=operator)

    return opened


def until(page: Page, expression: str, within_seconds: float = HANG_SECONDS) -> None:
    """Wait for a JavaScript expression to be true. Playwright's own way evaluates text in the page: the policy forbids."""
    deadline = time.monotonic() + within_seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"not within {within_seconds} s: {expression}"
        page.wait_for_timeout(100)


def grave_findings(page: Page, **options: Any) -> list[str]:
    """What axe calls serious or critical, each with the first element it found it on."""
    asked = {"resultTypes": ["violations"], **(options or NOT_GRAVE)}
    there = page.evaluate("typeof axe !== 'undefined'")  # half a megabyte to parse: once a page
    found = Axe("" if there else AXE_SCRIPT).run(page, options=asked).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in GRAVE]


def has_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def ill_looks(page: Page) -> list[str]:
    """What is wrong with the page as it was loaded, and then in the other theme: what sticks out sideways, what axe finds
    grave. Of the other theme colours are looked at where all columns are shown."""
    found = [*grave_findings(page), *_sideways(page)]
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    page.emulate_media(color_scheme="light" if is_dark else "dark")
    found += _sideways(page)
    if page.viewport_size and page.viewport_size["width"] > NARROW:
        found += grave_findings(page, **COLOURS)
    page.emulate_media(color_scheme="dark" if is_dark else "light")
    return found


def _sideways(page: Page) -> list[str]:
    return ["scrolls sideways"] if has_sideways_scroll(page) else []
