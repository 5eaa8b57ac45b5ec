from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import DjangoAssertNumQueries

from dashboard.models import ApiToken
from dashboard.store import tokens
from tests.builders import NOON, later

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(db: None) -> User:
    return User.objects.create_user("ana")


def test_of_a_key_only_its_digest_is_kept(ana: User) -> None:
    key = tokens.make(ana, "backup", now=NOON)
    row = ApiToken.objects.values().get()
    assert key.startswith("daytwo_")
    assert len(key) > 40
    assert not any(key.removeprefix("daytwo_") in str(value) for value in row.values())


def test_each_key_is_another(ana: User) -> None:
    assert tokens.make(ana, "one", now=NOON) != tokens.make(ana, "two", now=NOON)


def test_a_name_is_given_once(ana: User) -> None:
    tokens.make(ana, "backup", now=NOON)
    with pytest.raises(tokens.NameTaken, match="ana has a token named backup"):
        tokens.make(ana, "backup", now=NOON)


@pytest.mark.parametrize("guess", ["", "daytwo_", "wrong", "\udcff"])
def test_a_guess_opens_nothing(ana: User, guess: str) -> None:
    tokens.make(ana, "backup", now=NOON)
    assert tokens.use(guess, NOON) is None


def test_a_digest_is_no_key(ana: User) -> None:
    tokens.make(ana, "backup", now=NOON)
    assert tokens.use(ApiToken.objects.get().digest, NOON) is None


def test_a_use_within_a_minute_of_the_last_writes_nothing(
    ana: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    key = tokens.make(ana, "backup", now=NOON)
    tokens.use(key, NOON)
    with django_assert_num_queries(1):
        tokens.use(key, later(59))
    assert ApiToken.objects.get().last_used_at == NOON
    tokens.use(key, later(60))
    assert ApiToken.objects.get().last_used_at == NOON + timedelta(minutes=1)


def test_the_command_prints_the_key_alone_and_revokes_it(ana: User) -> None:
    out, err = StringIO(), StringIO()
    call_command("api_token", "ana", "backup", stdout=out, stderr=err)
    token = tokens.use(out.getvalue().strip(), NOON)
    assert token is not None
    assert token.user == ana
    assert "shown once" in err.getvalue()
    call_command("api_token", "ana", "backup", "--revoke", stdout=out, stderr=err)
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("bob", "backup"), "There is no user named bob."),
        (("ana", "backup"), "ana has a token named backup already: revoke it first"),
        (("ana", "other", "--revoke"), "ana has no token named other."),
    ],
)
def test_the_command_says_what_is_wrong(ana: User, arguments: tuple[str, ...], words: str) -> None:
    tokens.make(ana, "backup", now=NOON)
    with pytest.raises(CommandError, match=words):
        call_command("api_token", *arguments)
