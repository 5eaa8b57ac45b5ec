"""An app's page, what waits and what is deployed in a real browser: both themes, wide and narrow, by our own policy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from dashboard import subject_keys
from dashboard.models import Cluster, Deployment
from dashboard.store import launch_waits, readings
from tests import builders
from tests.applications import listed_at, make_app, make_failed_task, make_marathon, make_task, make_wait
from tests.browser.conftest import LOOKS, Open, ill_looks, until
from tests.builders import agent, summary, write

pytestmark = pytest.mark.browser
TABS = ("", "?tab=instances", "?tab=failures", "?tab=offers", "?tab=configurations")
LONG = "/shop/recommendations-for-returning-customers/worker-of-the-second-generation"


def an_app_in_trouble() -> None:
    """A long id that waits, runs, fails and is deployed, all at once."""
    now, cluster = timezone.now(), builders.cluster()
    write(cluster, summary(now, agent("10.0.0.21")))
    for source in ("apps", "queue", "deployments", "tasks"):
        listed_at(cluster, now, source)
    marathon = make_marathon(cluster, now)
    app = make_app(marathon, LONG, now, state="waiting", instances=3, running=2, healthy=2)
    make_wait(app, now)
    make_task(cluster, 100, now - timedelta(hours=2), app=app)
    for number in range(12):
        make_failed_task(cluster, number, now - timedelta(minutes=3 * number + 1), app=app)
    Deployment.objects.create(
        cluster=cluster,
        marathon=marathon,
        deployment_id="b60ada20-2cbb-44a9-b52b-241d41365c0e",
        started_at=now - timedelta(minutes=40),
        app_ids=[LONG],
        step=1,
        steps=2,
        step_since=now - timedelta(minutes=31),
        actions=[f"RestartApplication {LONG}"],
    )


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_every_page_is_sound_in_every_look(open_signed_in: Open, complaints: list[str], dark: bool, width: int) -> None:
    an_app_in_trouble()
    page = open_signed_in("/c/prod/apps/waiting/", dark=dark, width=width)
    base = page.url.removesuffix("waiting/")
    ill = {"waiting/": ill_looks(page)}
    for path in (*(f"marathon{LONG}/{tab}" for tab in TABS), "deployments/"):
        answer = page.goto(base + path)
        assert answer is not None and answer.ok, path
        ill[path] = ill_looks(page)
    assert {path: found for path, found in ill.items() if found} == {}
    assert complaints == []


FILLED = "document.querySelectorAll('#declined .scatterlayer .js-fill').length"
TOPS = """document.querySelector('#declined .plot').data.filter(drawn => drawn.meta)
  .map(drawn => drawn.y.findLast(value => value !== null))"""


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_reasons_over_time_lie_on_each_other(
    open_signed_in: Open, complaints: list[str], dark: bool, width: int
) -> None:
    an_app_in_trouble()
    cluster, last = Cluster.objects.get(), int(timezone.now().timestamp()) // 30 * 30
    key = subject_keys.key_of(f"marathon:{LONG}")
    ids = readings.subjects(cluster, {("queue", key): LONG}, seen_at=timezone.now())
    told = {"declined.UnfulfilledConstraint": 31.0, "declined.InsufficientMemory": 9.0}
    values = [told.get(name, 0.0) for name in launch_waits.LAYOUT]
    ticks = range(last - 1500, last - 60, 30)
    readings.write_many(launch_waits.LAYOUT, [(tick, ids["queue", key], values) for tick in ticks])
    page = open_signed_in(f"/c/prod/apps/marathon{LONG}/?tab=offers&range=1h", dark=dark, width=width)
    page.locator("#declined").scroll_into_view_if_needed()
    until(page, f"{FILLED} >= 2")
    assert page.evaluate(TOPS) == [31, 40]
    assert page.inner_text("#declined .keys").split("\n") == [
        "A constraint is not met",
        "31\u00a0",
        "Too little memory",
        "9\u00a0",
    ]
    assert ill_looks(page) == [] and complaints == []
