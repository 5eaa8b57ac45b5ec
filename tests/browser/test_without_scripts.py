from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from dashboard.roles import Role, grant
from tests.browser.conftest import PASSWORD, patient

pytestmark = pytest.mark.browser


def test_without_scripts_the_table_is_the_chart(
    transactional_db: None, live_server: LiveServer, browser: Browser, settings: Settings
) -> None:
    settings.ROOT_URLCONF = "tests.browser.sheet"
    grant(User.objects.create_user("ana", password=PASSWORD), Role.VIEWER)
    page = patient(browser.new_context(java_script_enabled=False)).new_page()
    page.goto(f"{live_server.url}/accounts/login/?next=/sheet/")
    page.fill("#id_username", "ana")
    page.fill("#id_password", PASSWORD)
    page.click("button.primary")
    assert page.is_visible("#memory table")
    assert not page.is_visible("#memory .plot")
    assert not page.is_visible("[data-theme-set]")
    page.context.close()
