"""Someone who may read, and what a page says as a reader sees it."""

from __future__ import annotations

import re
from html import unescape
from typing import Protocol

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.roles import Role, grant
from tests.builders import NOON


class Answer(Protocol):
    """What the test client gives back."""

    @property
    def status_code(self) -> int: ...

    @property
    def content(self) -> bytes: ...


@pytest.fixture
def viewer(client: Client) -> Client:
    user = User.objects.create_user("vera", password="x")
    grant(user, Role.VIEWER)
    client.force_login(user)
    return client


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock stands still at NOON: a page may be slow to make, and says the same."""
    monkeypatch.setattr("django.utils.timezone.now", lambda: NOON)


def words(answer: Answer) -> str:
    """The text of the page's main part, without tags, spaces evened out."""
    assert answer.status_code == 200
    main = answer.content.decode().partition('<main id="main">')[2].partition("</main>")[0]
    text = unescape(re.sub(r"<[^>]*>", " ", main))
    return " ".join(text.split())
