"""Further Marathons of a cluster: kept as the operator gave them, and forgotten with their apps when taken away."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.core.exceptions import ValidationError

from dashboard import connecting
from dashboard.models import App, Cluster
from tests.applications import make_app, make_marathon
from tests.builders import NOON

pytestmark = pytest.mark.django_db
TEAM = "https://dcos.example/service/team/marathon-user"
GIVEN = connecting.Connection(name="prod", kind="dcos", url="https://dcos.example", marathon_urls=(f"{TEAM}/",))


def test_a_marathon_is_kept_as_it_was_given_without_its_last_slash() -> None:
    assert list(connecting.keep(GIVEN, NOON).marathon_urls.values_list("url", flat=True)) == [TEAM]


def test_a_marathon_that_is_taken_away_takes_its_apps_with_it_and_the_root_one_stays() -> None:
    cluster = connecting.keep(GIVEN, NOON)
    for key in [place.key for place in connecting.target(GIVEN).marathons]:
        make_app(make_marathon(cluster, NOON, key=key), "/web", NOON)
    assert App.objects.count() == 2
    connecting.keep(replace(GIVEN, marathon_urls=()), NOON, stored=cluster)
    assert list(App.objects.values_list("marathon__key", flat=True)) == ["marathon"]


def test_an_address_that_is_none_is_refused_before_anything_is_kept() -> None:
    with pytest.raises(ValidationError):
        connecting.keep(replace(GIVEN, marathon_urls=("ftp://dcos.example/marathon",)), NOON)
    assert not Cluster.objects.exists()
