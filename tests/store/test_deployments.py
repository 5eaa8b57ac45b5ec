"""Deployments: a row each from the first sight to the end, and since when each is at its step."""

from __future__ import annotations

import pytest

from dashboard.models import Deployment as DeploymentRow
from dashboard.models import Event
from tests import builders
from tests.builders import NOON, later
from tests.marathon_says import Told, deployment, events

pytestmark = pytest.mark.django_db
Kind = Event.Kind


@pytest.fixture
def told() -> Told:
    return Told(builders.cluster())


def test_a_deployment_is_told_when_it_begins_and_when_it_ends(told: Told) -> None:
    told.deployments()
    told.deployments(deployment(started_at=later(20)))
    told.deployments()
    assert events(Kind.DEPLOYMENT) == [("d-1", "", "running"), ("d-1", "running", "ended")]
    assert DeploymentRow.objects.get().ended_at == later(60)


def test_a_deployment_that_does_not_move_keeps_since_when(told: Told) -> None:
    told.deployments()
    told.deployments(deployment(started_at=later(20)))
    told.deployments(deployment(started_at=later(20)))
    assert DeploymentRow.objects.get().step_since == later(20)
    told.deployments(deployment(2, started_at=later(20)))
    assert (DeploymentRow.objects.get().step_since, DeploymentRow.objects.get().step) == (later(90), 2)


def test_of_a_deployment_that_was_there_before_nobody_knows_since_when_it_is_at_its_step(told: Told) -> None:
    told.at = later(600)
    told.deployments(deployment())
    row = DeploymentRow.objects.get()
    assert (row.started_at, row.step_since) == (NOON, later(600)) and events(Kind.DEPLOYMENT) == []


def test_a_list_of_deployments_that_was_cut_ends_none(told: Told) -> None:
    told.deployments(deployment())
    told.deployments(whole=False)
    assert DeploymentRow.objects.get().ended_at is None


def test_a_replayed_list_of_deployments_changes_nothing(told: Told) -> None:
    told.deployments()
    told.deployments(deployment())
    before = DeploymentRow.objects.values().get(), Event.objects.count()
    told.at = later(30)
    told.deployments(deployment())
    assert (DeploymentRow.objects.values().get(), Event.objects.count()) == before


def test_a_deployment_under_way_ends_by_its_own_marathon_only(told: Told) -> None:
    told.deployments(deployment())
    Told(told.cluster, key="team").deployments()
    assert DeploymentRow.objects.get().ended_at is None
