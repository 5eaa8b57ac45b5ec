from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from tests import builders
from tests.applications import make_app, make_deployment, make_marathon
from tests.builders import NOON
from tests.pages.conftest import said
from tests.pages.test_app import answered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
PAGE = "/c/prod/apps/deployments/"


def test_one_under_way_tells_its_step_and_how_long_it_stands_still(viewer: Client) -> None:
    cluster = builders.cluster()
    answered(cluster)
    marathon = make_marathon(cluster, NOON)
    make_app(marathon, "/web", NOON)
    make_deployment(marathon, NOON, "/web", "/forgotten")
    answer = viewer.get(PAGE)
    text = said(answer)
    assert text.startswith("1 deployment under way")
    for words in ("1 of 2", "unchanged for 20 min", "Stuck", "RestartApplication /web", "/forgotten"):
        assert words in text
    assert 'href="/c/prod/apps/marathon/web/"' in answer.content.decode()


def test_one_that_ended_tells_how_long_it_took(viewer: Client) -> None:
    cluster = builders.cluster()
    answered(cluster)
    marathon = make_marathon(cluster, NOON)
    make_deployment(marathon, NOON, "/web", ended_at=NOON - timedelta(minutes=5))
    make_deployment(marathon, NOON, "/old", ended_at=NOON - timedelta(days=31))
    text = said(viewer.get(PAGE))
    assert "Nothing is being deployed." in text
    assert "15 min" in text
    assert "/old" not in text


def test_one_of_a_list_that_is_old_is_not_called_under_way(viewer: Client) -> None:
    cluster, before = builders.cluster(), NOON - timedelta(hours=1)
    answered(cluster, before)
    make_deployment(make_marathon(cluster, before), before, "/web")
    text = said(viewer.get(PAGE))
    assert "No data" in text
    assert "Not read lately: the list of deployments of marathon" in text


def test_before_any_list_was_read_nothing_is_said_to_be_none(viewer: Client) -> None:
    builders.cluster()
    text = said(viewer.get(PAGE))
    assert "Nothing is being deployed." not in text
    assert "No Marathon's list of deployments was read yet" in text
