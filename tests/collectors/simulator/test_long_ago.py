from __future__ import annotations

import numpy as np

from collectors.simulator.long_ago import held
from tests.collectors.simulator.scene import Scene, Stage

DAY = 86_400.0


def whole(scene: Scene, *moments: float, until: float | None = None) -> np.ndarray:
    return np.asarray(sum(held(scene.world, moments, until=scene.now if until is None else until).values()))


def test_at_its_end_it_is_what_the_leader_tells(scene: Scene) -> None:
    (row,) = whole(scene, scene.now)
    agents = scene.read("/mesos/state-summary")["slaves"]
    assert row[0] / 1_000 == sum(agent["used_resources"]["cpus"] for agent in agents)
    assert row[1] == sum(agent["used_resources"]["mem"] for agent in agents)
    assert row[4] == sum(agent["TASK_RUNNING"] + agent["TASK_STAGING"] for agent in agents)


def test_the_longer_ago_the_fewer_apps_at_the_same_hour_of_the_week(scene: Scene) -> None:
    weeks = [scene.now - week * 7 * DAY for week in (12, 6, 0)]
    memory = whole(scene, *weeks)[:, 1]
    assert memory[0] < memory[1] < memory[2]


def test_frameworks_that_do_not_grow_held_the_same_a_quarter_ago(scene: Scene) -> None:
    found = held(scene.world, [scene.now - 90 * DAY, scene.now], until=scene.now)
    kafka = sum(rows for place, rows in found.items() if place.framework == 2)
    assert np.asarray(kafka)[0].tolist() == np.asarray(kafka)[1].tolist()


def test_it_is_the_same_however_often_it_is_asked(stage: Stage) -> None:
    one, other = stage(with_stories=True), stage(with_stories=True)
    moments = [one.now - 30 * DAY, one.now - DAY]
    assert whole(one, *moments).tolist() == whole(other, *moments).tolist()
