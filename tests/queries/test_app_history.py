from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest

from dashboard import applications, subject_keys
from dashboard.models import Cluster, Event, Subject
from dashboard.queries import app_history, window
from dashboard.store import apps, container_totals, launch_waits, readings
from tests import builders
from tests.applications import FRAMEWORK, make_app, make_marathon
from tests.builders import GIB, NOON

pytestmark = pytest.mark.django_db
WINDOW = window.of("1h", NOON)
TICK = int(NOON.timestamp()) - 600


def noted(cluster: Cluster, kind: Subject.Kind, key: str, name: str, layout: tuple[str, ...], **told: float) -> None:
    """A reading of ten minutes ago, of these values alone."""
    key = subject_keys.key_of(key)
    ids = readings.subjects(cluster, {(kind.value, key): name}, seen_at=NOON)
    readings.write(TICK, layout, [(ids[kind.value, key], [told.get(column) for column in layout])])


@pytest.mark.parametrize("app_id", ["/web", "/" + "long/" * 60 + "web"])
def test_allocated_is_of_the_app_and_used_of_its_containers(app_id: str) -> None:
    app = make_app(make_marathon(builders.cluster(), NOON), app_id, NOON)
    key = f"marathon:{app_id}"
    held = {"instances": 3.0, "running": 2.0, "cpus_allocated": 1.0, "mem_allocated_bytes": 2 * GIB}
    noted(app.cluster, Subject.Kind.APP, key, app_id, apps.LAYOUT, **held)
    of_use = applications.use_key("marathon", app_id)
    noted(app.cluster, Subject.Kind.CONTAINER_USE, of_use, key, container_totals.LAYOUT, cpus_used=0.25)
    told = app_history.history(app, WINDOW)
    assert np.nanmax(told.allocated["cpu"]) == 1.0
    assert np.nanmax(told.allocated["mem"]) == 2 * GIB
    assert np.nanmax(told.used["cpu"]) == 0.25
    assert np.isnan(told.used["mem"]).all()
    assert np.nanmax(told.counts["running"]) == 2.0


def test_only_what_happened_to_the_app_in_the_window_is_told() -> None:
    marathon = make_marathon(builders.cluster(), NOON)
    app = make_app(marathon, "/web", NOON)

    def happened(minutes: float, kind: Event.Kind, **said: str) -> None:
        at = NOON - timedelta(minutes=minutes)
        Event.objects.create(cluster=app.cluster, kind=kind, taken_at=at, seen_at=at, **said)

    scaled = {"subject": "marathon:/web", "name": "/web", "before": "1", "after": "2"}
    happened(9, Event.Kind.APP_SCALED, **scaled)
    happened(90, Event.Kind.APP_SCALED, **scaled)
    happened(5, Event.Kind.TASK_FAILED, subject="web.1", name="/web", before=FRAMEWORK, after="TASK_FAILED")
    happened(4, Event.Kind.TASK_FAILED, subject="web.2", name="/web", before="another", after="TASK_FAILED")
    texts = [one.text for one in app_history.history(app, WINDOW).happenings]
    assert texts == ["A task of /web failed, and no reason was given", "App /web was scaled from 1 to 2"]


def test_declined_offers_are_those_of_its_wait_and_nan_while_it_did_not_wait() -> None:
    app = make_app(make_marathon(builders.cluster(), NOON), "/web", NOON)
    assert np.isnan(app_history.declined(app, WINDOW).reasons["InsufficientMemory"]).all()
    told = {"declined.InsufficientMemory": 4.0}
    noted(app.cluster, Subject.Kind.QUEUE, "marathon:/web", "/web", launch_waits.LAYOUT, **told)
    assert np.nanmax(app_history.declined(app, WINDOW).reasons["InsufficientMemory"]) == 4.0


def test_that_it_did_not_wait_is_known_where_its_marathon_told_of_it() -> None:
    app = make_app(make_marathon(builders.cluster(), NOON), "/web", NOON)
    assert not app_history.declined(app, WINDOW).is_known.any()
    noted(app.cluster, Subject.Kind.APP, "marathon:/web", "/web", apps.LAYOUT, instances=2.0)
    declined = app_history.declined(app, WINDOW)
    assert declined.is_known.any() and not declined.is_known.all()
    assert np.isnan(declined.reasons["InsufficientMemory"]).all()


def test_reasons_are_those_that_are_stored() -> None:
    assert [name for name in launch_waits.LAYOUT if name.startswith("declined.")] == [
        f"declined.{reason}" for reason in app_history.REASONS
    ]
