"""The reader of the API's document works under the same content security policy as every page."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from dashboard.roles import Role, grant
from tests import builders

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def signed_in(page: Page, live_server: LiveServer) -> Page:
    """A viewer's browser."""
    viewer, client = User.objects.create_user("ana"), Client()
    grant(viewer, Role.VIEWER)
    client.force_login(viewer)
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    return page


def test_the_api_can_be_read_and_tried_without_a_network(signed_in: Page, live_server: LiveServer) -> None:
    builders.cluster("prod")
    complaints: list[str] = []
    asked: list[str] = []
    signed_in.on("console", lambda message: complaints.append(message.text))
    signed_in.on("request", lambda request: asked.append(request.url))
    signed_in.goto(f"{live_server.url}/api/docs/")
    signed_in.get_by_text("All clusters, by name").click()
    signed_in.get_by_role("button", name="Try it out").click()
    signed_in.get_by_role("button", name="Execute").click()
    expect(signed_in.locator(".live-responses-table .microlight").first).to_contain_text('"name": "prod"')
    assert complaints == []
    assert [url for url in asked if not url.startswith((live_server.url, "data:"))] == []
