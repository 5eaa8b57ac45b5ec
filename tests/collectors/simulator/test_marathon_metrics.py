"""Marathon's own metrics in its three forms: as one decoder reads them, they say the same."""

from __future__ import annotations

import pytest

from collectors.simulator.routes import Routes
from collectors.sources.marathon_metrics import decode_metrics
from tests.collectors.simulator.scene import Scene, Stage

PATH = "/service/marathon/metrics"


def said(scene: Scene, generation: str) -> dict[str, float]:
    scene.routes = Routes(scene.world, lambda: scene.now, marathon_generation=generation)
    found, dropped = decode_metrics(scene.body(PATH))
    assert not dropped
    return found


@pytest.fixture
def storied(stage: Stage) -> Scene:
    return stage(with_stories=True)


@pytest.mark.parametrize("generation", ["1.4", "1.5"])
def test_older_forms_say_what_the_newest_says_as_far_as_they_say_it(storied: Scene, generation: str) -> None:
    newest, older = said(storied, "1.11"), said(storied, generation)
    gauges = {name for name in older if ".gauge" in name}
    assert {"apps.active.gauge", "instances.running.gauge", "uptime.gauge.seconds"} <= gauges
    for name in gauges:
        assert older[name] == pytest.approx(newest[name], rel=0.001), name


def test_only_forms_of_totals_have_counters(storied: Scene) -> None:
    counter = "mesos.offers.incoming.counter"
    assert said(storied, "1.4")[counter] == said(storied, "1.11")[counter] > 0
    assert counter not in said(storied, "1.5")


def test_counters_never_fall_while_the_same_instance_leads(scene: Scene) -> None:
    before = said(scene, "1.11")
    for _ in range(20):
        scene.now += 300
        after = said(scene, "1.11")
        assert all(after[name] >= before[name] for name in before if name.endswith(".counter"))
        before = after


def test_it_counts_what_the_apps_say(storied: Scene) -> None:
    told, listed = said(storied, "1.11"), storied.read("/service/marathon/v2/apps")["apps"]
    assert told["apps.active.gauge"] == len(listed)
    assert told["instances.running.gauge"] == sum(app["tasksRunning"] for app in listed)
    assert told["deployments.active.gauge"] == len(storied.read("/service/marathon/v2/deployments"))
