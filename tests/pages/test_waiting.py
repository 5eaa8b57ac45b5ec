from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from dashboard.models import App
from tests import builders
from tests.applications import make_app, make_marathon, make_wait
from tests.builders import NOON
from tests.pages.conftest import said
from tests.pages.test_app import answered

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("frozen")]
PAGE = "/c/prod/apps/waiting/"


def test_what_waits_longest_stands_first_with_its_nearest_agent(viewer: Client) -> None:
    cluster = builders.cluster()
    answered(cluster)
    marathon = make_marathon(cluster, NOON)
    make_wait(make_app(marathon, "/new", NOON, state=App.State.WAITING), NOON)
    make_wait(make_app(marathon, "/old", NOON, state=App.State.WAITING), NOON, since=NOON - timedelta(hours=2))
    text = said(viewer.get(PAGE))
    assert text.startswith("2 apps wait ")
    assert text.index("/old") < text.index("/new")
    assert "10.0.0.7 comes nearest: it lacks 512 MiB of memory." in text


def test_an_app_that_rests_tells_when_it_is_launched_again(viewer: Client) -> None:
    cluster = builders.cluster()
    answered(cluster)
    app = make_app(make_marathon(cluster, NOON), "/flaky", NOON, state=App.State.DELAYED)
    make_wait(app, NOON - timedelta(seconds=7), overdue=False, delay_seconds=50.0, nearest=[], last_offers=[])
    assert "Marathon rests after failures: it launches again in 43 s." in said(viewer.get(PAGE))


def test_nothing_waits_is_a_fact_only_once_a_queue_was_read(viewer: Client) -> None:
    cluster = builders.cluster()
    assert "Nothing waits." not in said(viewer.get(PAGE))
    answered(cluster)
    make_marathon(cluster, NOON)
    assert "Nothing waits." in said(viewer.get(PAGE))


def test_a_queue_that_was_not_read_lately_is_not_the_present(viewer: Client) -> None:
    cluster, before = builders.cluster(), NOON - timedelta(hours=1)
    answered(cluster, before)
    make_wait(make_app(make_marathon(cluster, before), "/old", NOON), before)
    text = said(viewer.get(PAGE))
    assert "Not read lately: the launch queue of marathon" in text
    assert "whether it still does is not known" in text


def test_more_waits_ask_no_more(viewer: Client, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    answered(cluster)
    marathon = make_marathon(cluster, NOON)
    for number in range(20):
        make_wait(make_app(marathon, f"/app-{number}", NOON), NOON)
    with django_assert_max_num_queries(14):
        viewer.get(PAGE)
