"""A signed-in page of the sheet, and a watch on what the browser complains about."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from dashboard.roles import Role, grant

PASSWORD = "correct horse battery"
GRAVE = {"serious", "critical"}

Open = Callable[..., Page]


@pytest.fixture
def complaints() -> list[str]:
    """What the consoles of all pages said: refused by policy, failed to load, thrown."""
    return []


@pytest.fixture
def open_page(
    transactional_db: None, live_server: LiveServer, browser: Browser, complaints: list[str]
) -> Iterator[Open]:
    """Opens an address of the live server in a context of its own; `dark`, `width` and `bypass_csp` as named."""
    contexts = []

    def opened(address: str, *, dark: bool = False, width: int = 1440, bypass_csp: bool = False) -> Page:
        context = browser.new_context(
            color_scheme="dark" if dark else "light",
            viewport={"width": width, "height": 900},
            bypass_csp=bypass_csp,
            timezone_id="America/New_York",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(live_server.url + address)
        return page

    yield opened
    for context in contexts:
        context.close()


def sign_in(page: Page) -> None:
    """Fills in the form and waits until it has let ana in."""
    page.fill("#id_username", "ana")
    page.fill("#id_password", PASSWORD)
    page.click("button.primary")
    page.wait_for_url(lambda url: "/accounts/login/" not in url)


@pytest.fixture
def open_signed_in(open_page: Open) -> Open:
    """Opens any address as a viewer; a dialog, which only a script of the cluster's could open, fails the test."""
    grant(User.objects.create_user("ana", password=PASSWORD), Role.VIEWER)

    def opened(address: str, *, dark: bool = False, width: int = 1440, bypass_csp: bool = False) -> Page:
        login = f"/accounts/login/?{urlencode({'next': address})}"
        page = open_page(login, dark=dark, width=width, bypass_csp=bypass_csp)
        page.on("dialog", lambda dialog: pytest.fail(f"a script of the cluster ran: {dialog.message}"))
        sign_in(page)
        return page

    return opened


def address_of(page: Page, address: str) -> str:
    """The address on the server that the page came from."""
    return "/".join(page.url.split("/")[:3]) + address


@pytest.fixture
def open_sheet(open_page: Open, settings: Settings) -> Open:
    """Opens the page with every part, signed in through the form; its clock ticks every 2 s."""
    settings.ROOT_URLCONF = "tests.browser.sheet"
    settings.REFRESH_SECONDS = 2
    grant(User.objects.create_user("ana", password=PASSWORD), Role.OPERATOR)

    def opened(*, dark: bool = False, width: int = 1440, bypass_csp: bool = False) -> Page:
        page = open_page("/accounts/login/?next=/sheet/", dark=dark, width=width, bypass_csp=bypass_csp)
        sign_in(page)
        return page

    return opened


def until(page: Page, expression: str, within_seconds: float = 10) -> None:
    """Wait for a JavaScript expression to be true. Playwright's own way evaluates text in the page: the policy forbids."""
    deadline = time.monotonic() + within_seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, f"not within {within_seconds} s: {expression}"
        page.wait_for_timeout(100)


def grave_findings(page: Page) -> list[str]:
    """What axe calls serious or critical, each with the first element it found it on."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html']}" for one in found if one["impact"] in GRAVE]


def has_sideways_scroll(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))
