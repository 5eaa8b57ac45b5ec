from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.roles import Role, grant
from dashboard.store import channels
from dashboard.store.channels import Given
from tests.api.conftest import CANARY, Ask
from tests.pages.alerting import alert, channel, notice, watched

CHANNELS = "/api/v1/channels/"
SECRETS: dict[str, dict[str, Any]] = {
    "webhook": {"target": f"https://hooks.example.org/services/{CANARY}", "secret": CANARY},
    "alertmanager": {"target": "https://am.example.org/prefix", "secret": CANARY},
    "dead_man": {"secret": f"https://hc.example.org/ping/{CANARY}"},
    "apprise": {"secret": f"slack://{CANARY}/b/c/#ops"},
    "email": {"target": "ops@example.org", "sender": "dt@example.org", "server": "smtps://mail", "secret": CANARY},
}


def test_a_channel_tells_how_it_fares(asked: Ask, now: datetime) -> None:
    cluster, mail = watched(), channel()
    fires = alert(cluster)
    notice(fires, mail)
    notice(fires, mail, dead_at=now)
    (row,) = asked(CHANNELS)["results"]
    assert (row["name"], row["kind"], row["target"]) == ("mail ops@", "email", "ops@example.org")
    assert (row["owed"], row["dead"], row["last_outcome"]) == (1, 1, None)
    assert row["owed_since"] is not None


def test_no_answer_holds_anything_secret_of_one(db: None, now: datetime) -> None:
    for kind, said in SECRETS.items():
        channels.create(Given(name=kind, kind=kind, **said), now)
    someone = User.objects.create_user("root")
    grant(someone, Role.ADMIN)
    browser = Client()
    browser.force_login(someone)
    answer = browser.get(CHANNELS)
    assert CANARY not in answer.content.decode()
    assert {row["kind"]: row["target"] for row in answer.json()["results"]} == {
        "webhook": "https://hooks.example.org",
        "alertmanager": "https://am.example.org",
        "dead_man": "https://hc.example.org",
        "apprise": "slack",
        "email": "ops@example.org",
    }


def test_pages_hold_each_once(asked: Ask, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    names = [channel(f"channel {number}").name for number in range(9)]
    page = asked(CHANNELS, limit=4)
    seen = [row["name"] for row in page["results"]]
    while page["next"]:
        with django_assert_num_queries(4):  # key, role; notices, channels
            page = asked(page["next"])
        seen += [row["name"] for row in page["results"]]
    assert (seen, page["count"]) == (names, 9)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_they_are_not_changed_here(db: None, method: str) -> None:
    someone = User.objects.create_user("root")
    grant(someone, Role.ADMIN)
    browser = Client()
    browser.force_login(someone)
    assert getattr(browser, method)(CHANNELS).status_code == 405
