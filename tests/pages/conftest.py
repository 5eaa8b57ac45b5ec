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


def signed_in(client: Client, role: Role, name: str = "olga") -> User:
    """A new user of that role, whose session the client has from now on."""
    user = User.objects.create_user(name, password="x")
    grant(user, role)
    client.force_login(user)
    return user


@pytest.fixture
def viewer(client: Client) -> Client:
    signed_in(client, Role.VIEWER, "vera")
    return client


@pytest.fixture
def operator(client: Client) -> Client:
    signed_in(client, Role.OPERATOR)
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


def said(answer: Answer) -> str:
    """The same with plain blanks: what a test says is typed with them."""
    return words(answer).replace("\u00a0", " ")
