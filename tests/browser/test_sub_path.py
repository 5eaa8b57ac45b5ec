"""The real `up --demo` behind a proxy that strips a sub-path, in a real browser: nothing of it leaves the sub-path."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import patient
from tests.browser.stripping_proxy import Proxy, showing
from tests.test_up import PASSWORD, Started, up

SUB_PATH = "/service/daytwo"
GRAVE = ("error", "warning")
"""Of what a console says; the rest is Chromium's advice on forms."""

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks for processes in /proc"),
]


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with up(tmp_path_factory.mktemp("data"), DAYTWO_SUB_PATH=SUB_PATH, DAYTWO_REFRESH_SECONDS="2") as one:
        yield one


@pytest.fixture(scope="module")
def proxy(started: Started) -> Iterator[Proxy]:
    with showing(started.bind, SUB_PATH) as one:
        yield one


@pytest.fixture
def complaints() -> list[str]:
    return []


@pytest.fixture(scope="module")
def signed_in(proxy: Proxy, browser: Browser) -> Iterator[BrowserContext]:
    """Signed in through the form, as the first admin: once for all tests but the last, which signs out."""
    context = patient(browser.new_context(viewport={"width": 1440, "height": 900}))
    page = context.new_page()
    page.goto(f"{proxy.url}/")
    assert page.url == f"{proxy.url}/accounts/login/?next={SUB_PATH}/"
    page.fill("#id_username", "admin")
    page.fill("#id_password", PASSWORD)
    page.click("button.primary")
    page.wait_for_url(re.compile(rf"{SUB_PATH}/c/\w+/"))
    page.close()
    yield context
    context.close()


@pytest.fixture
def page(signed_in: BrowserContext, proxy: Proxy, complaints: list[str]) -> Iterator[Page]:
    """A new page; at its end nobody has complained in its console, and nothing was asked for outside of the sub-path."""
    asked: list[str] = []
    page = signed_in.new_page()
    page.on("console", lambda message: complaints.append(message.text) if message.type in GRAVE else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    yield page
    page.close()
    assert [url for url in asked if not url.startswith((f"{proxy.url}/", "data:", "blob:"))] == []
    assert complaints == []


@pytest.mark.parametrize(
    "address", ["/", "/c/demo/nodes/", "/c/demo/failures/", "/c/demo/alerts/", "/c/demo/settings/", "/admin/"]
)
def test_a_page_loads_and_every_link_of_it_stays_inside(page: Page, proxy: Proxy, address: str) -> None:
    page.goto(proxy.url + address)
    assert page.url.startswith(f"{proxy.url}/")
    links = page.eval_on_selector_all("a[href], form[action]", "all => all.map(one => one.href || one.action)")
    outside = [
        link for link in links if f"{link}/" != f"{proxy.url}/" and not link.startswith((f"{proxy.url}/", "https://"))
    ]
    assert links and outside == []


def test_charts_are_drawn(page: Page, proxy: Proxy) -> None:
    page.goto(f"{proxy.url}/c/demo/capacity/")
    expect(page.locator("figure[data-chart] .main-svg").first).to_be_visible()


def test_a_page_refreshes_itself(page: Page, proxy: Proxy) -> None:
    page.goto(f"{proxy.url}/c/demo/")
    with page.expect_response(lambda answer: answer.url == page.url and answer.request.resource_type == "xhr") as got:
        pass
    assert got.value.status == 200
    expect(page.locator("[data-clock]")).to_contain_text("next in")


def test_the_menu_leads_on_and_the_theme_is_kept_under_the_sub_path(page: Page, proxy: Proxy) -> None:
    page.goto(f"{proxy.url}/c/demo/")
    page.click("[data-theme-set]")
    page.get_by_role("navigation", name="Sections").get_by_role("link", name="Nodes").click()
    page.wait_for_url(f"{proxy.url}/c/demo/nodes/")
    assert page.get_attribute("html", "data-theme") in ("dark", "light")
    cookies = {cookie["name"]: cookie["path"] for cookie in page.context.cookies()}
    assert cookies == {"sessionid": SUB_PATH, "csrftoken": SUB_PATH, "theme": f"{SUB_PATH}/"}


def test_the_api_can_be_read_and_tried(page: Page, proxy: Proxy) -> None:
    page.goto(f"{proxy.url}/api/docs/")
    page.get_by_text("All clusters, by name").click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .microlight").first).to_contain_text('"name": "demo"')


def test_a_table_is_downloaded(page: Page, proxy: Proxy) -> None:
    page.goto(f"{proxy.url}/c/demo/nodes/")
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").first.click()
    assert download.value.url.startswith(f"{proxy.url}/c/demo/")
    assert Path(download.value.path()).read_text().startswith("host,")


def test_probes_stay_at_the_top_of_the_task(started: Started) -> None:
    for path in ("-/healthy", "-/ready", "metrics"):
        assert requests.get(f"{started.url}{path}", timeout=10, allow_redirects=False).status_code == 200


def test_signing_out_ends_it(page: Page, proxy: Proxy) -> None:
    page.goto(f"{proxy.url}/c/demo/")
    page.click("details.user summary")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(f"{proxy.url}/accounts/login/")
    page.goto(f"{proxy.url}/c/demo/")
    assert page.url.startswith(f"{proxy.url}/accounts/login/?next={SUB_PATH}/c/demo/")
