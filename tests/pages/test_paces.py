from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from dashboard.models import Cluster, Event, Pace
from dashboard.roles import Role, grant
from tests import builders
from tests.pages.conftest import words

pytestmark = pytest.mark.django_db
SETTINGS, PERIODS = "/c/prod/settings/", "/c/prod/settings/periods/"


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


@pytest.fixture
def admin(client: Client) -> Client:
    user = User.objects.create_user("ada", password="x")
    grant(user, Role.ADMIN)
    client.force_login(user)
    return client


def test_every_source_of_the_cluster_has_its_periods_to_choose_from(admin: Client, cluster: Cluster) -> None:
    said = words(admin.get(SETTINGS)).replace("\u00a0", " ")
    assert "Mesos masters 10 s, as usual 20 s 30 s 1 min 10 s" in said
    assert "Machines 1 min, as usual 2 min 3 min 6 min 1 min" in said


def test_a_multiple_is_kept_and_told(admin: Client, cluster: Cluster) -> None:
    answer = admin.post(PERIODS, {"factor-masters": "6", "factor-nodes": "1"}, follow=True)
    assert "each source is asked so from its next poll on" in answer.content.decode()
    assert list(Pace.objects.filter(factor__gt=1).values_list("source", "period_seconds")) == [("masters", 60)]
    assert Event.objects.filter(kind="pace").count() == 1
    shown = words(admin.get(SETTINGS)).replace("\u00a0", " ")
    assert "1 min 6 times 10 s, as set in the settings" in shown


def test_the_same_again_changes_nothing(admin: Client, cluster: Cluster) -> None:
    for _ in range(2):
        admin.post(PERIODS, {"factor-masters": "2"})
    assert (Pace.objects.count(), Event.objects.filter(kind="pace").count()) == (1, 1)


@pytest.mark.parametrize("factor", ["0", "5", "-1", "1e3", "", "²"])
def test_what_is_no_multiple_is_refused_and_nothing_is_changed(admin: Client, cluster: Cluster, factor: str) -> None:
    answer = admin.post(PERIODS, {"factor-masters": "2", "factor-nodes": factor}, follow=True)
    assert (
        "Nothing was changed: how often Machines is asked may be 1, 2, 3, 6 times its own." in answer.content.decode()
    )
    assert not Pace.objects.exists()


def test_a_source_that_this_kind_of_cluster_lacks_is_not_offered_and_not_taken(admin: Client) -> None:
    builders.cluster("lab", kind="mesos")
    assert "Component health" not in words(admin.get("/c/lab/settings/"))
    admin.post("/c/lab/settings/periods/", {"factor-component_health": "2"})
    assert not Pace.objects.exists()


def test_looking_at_the_address_changes_nothing(admin: Client, cluster: Cluster) -> None:
    assert admin.get(PERIODS, {"factor-masters": "2"}).status_code == 405
    assert not Pace.objects.exists()


def test_a_form_without_its_token_is_refused(cluster: Cluster, admin: Client) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="ada"))
    assert strict.post(PERIODS, {"factor-masters": "2"}).status_code == 403
    assert not Pace.objects.exists()
