from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.roles import Role, grant

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("address", ["/", "/accounts/password/", "/no/such/page/"])
def test_no_browser_keeps_what_a_user_saw(client: Client, address: str) -> None:
    user = User.objects.create_user("ana")
    grant(user, Role.VIEWER)
    client.force_login(user)
    assert client.get(address).headers["Cache-Control"] == "no-store"


def test_refusals_before_any_page_are_not_kept_either(client: Client) -> None:
    for answer in (client.get("/", headers={"host": "evil.test"}), client.get("/connect"), client.get("/connect/")):
        assert answer.status_code in {301, 302, 400}
        assert answer.headers["Cache-Control"] == "no-store"


def test_behind_tls_the_cookies_belong_to_this_host_alone() -> None:
    names = "settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME, settings.SESSION_COOKIE_SECURE"
    code = f"from django.conf import settings; print({names})"
    with tempfile.TemporaryDirectory() as data:
        named = {"DJANGO_SETTINGS_MODULE": "dashboard.settings", "DAYTWO_DATA_DIR": data}
        environment = {**os.environ, **named, "DAYTWO_BEHIND_TLS_PROXY": "true"}
        said = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, check=True)
    assert said.stdout.decode().split() == ["__Host-sessionid", "__Host-csrftoken", "True"]


def test_answers_say_what_a_browser_may_do_with_them(client: Client) -> None:
    headers = client.get("/accounts/login/").headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
