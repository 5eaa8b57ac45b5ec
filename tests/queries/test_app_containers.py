"""What the containers of an app's instances use, together and each."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from dashboard.models import App, Task
from dashboard.queries import app_containers, window
from dashboard.queries.app_containers import Measurements
from tests import builders
from tests.app_sets import contained
from tests.applications import make_app, make_marathon, make_task
from tests.builders import MIB, NOON, later

pytestmark = pytest.mark.django_db


def an_app() -> App:
    return make_app(make_marathon(builders.cluster(), NOON), "/web", NOON)


def instance(app: App, number: int, *times: datetime) -> Task:
    task = make_task(app.cluster, number, NOON, app=app, host=f"10.0.0.{number}", agent_id=f"agent-S{number}")
    contained(task, *times)
    return task


def measured(app: App) -> Measurements:
    return app_containers.of(app, window.of("1h", NOON))


def test_together_is_the_sum_of_those_that_were_all_measured() -> None:
    app = an_app()
    every = [later(60 * minute) for minute in range(-5, 1)]
    instance(app, 1, *every)
    instance(app, 2, *every[:3], *every[4:])  # one look at it was missed
    found = measured(app).together
    assert found is not None
    sums = (found.memory_used[-6:] / MIB).round(3).tolist()
    assert sums[:3] == [200, 200, 200] and np.isnan(sums[3]) and sums[4:] == [200, 200]


def test_before_an_instance_was_there_it_is_not_missing() -> None:
    app = an_app()
    every = [later(60 * minute) for minute in range(-5, 1)]
    instance(app, 1, *every)
    instance(app, 2, *every[3:])
    found = measured(app).together
    assert found is not None
    assert (found.memory_used[-6:] / MIB).round(3).tolist() == [100, 100, 100, 200, 200, 200]
    assert np.isnan(found.memory_used[:-6]).all()


def test_the_share_held_back_is_of_all_periods_and_limits_add_up() -> None:
    app = an_app()
    for number in (1, 2):
        instance(app, number, later(-60), NOON)
    found = measured(app).together
    assert found is not None
    assert found.throttled[-1] == pytest.approx(0.1) and found.cpus_limit[-1] == 4


def test_an_app_without_containers_has_neither() -> None:
    app = an_app()
    make_task(app.cluster, 1, NOON, app=app)
    found = measured(app)
    assert (found.running, found.instances, found.together) == (1, (), None)


def test_the_price_does_not_grow_with_instances(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    app = an_app()
    for number in range(1, 5):
        instance(app, number, later(-60), NOON)
    with django_assert_num_queries(5):
        measured(app)
