from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.roles import Role, grant

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/", "/accounts/password/", "/no/such/page/"])
def test_no_browser_keeps_what_a_user_saw(client: Client, address: str) -> None:
    user = User.objects.create_user("ana")
    grant(user, Role.VIEWER)
    client.force_login(user)
    assert client.get(address).headers["Cache-Control"] == "no-store"


def test_answers_say_what_a_browser_may_do_with_them(client: Client) -> None:
    headers = client.get("/accounts/login/").headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
