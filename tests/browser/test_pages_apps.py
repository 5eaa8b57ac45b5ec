"""The list of apps in a real browser: both themes, wide and narrow, under the product's own policy."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from tests import builders
from tests.applications import GIB, listed_at, make_app, make_failed_task, make_marathon, make_wait
from tests.browser.conftest import LOOKS, Open, ill_looks
from tests.builders import agent, summary, write

pytestmark = pytest.mark.browser


def a_mixed_lot() -> None:
    """A long id, every state that comes often, and more failures than fit next to each other."""
    now, cluster = timezone.now(), builders.cluster()
    write(cluster, summary(now, agent("10.0.0.21")))
    listed_at(cluster, now, "apps")
    listed_at(cluster, now, "tasks")
    marathon, other = make_marathon(cluster, now), make_marathon(cluster, now, key="marathon-user")
    make_app(marathon, "/shop/web", now, cpus_used_p95=0.4, mem_used_p95_bytes=0.6 * GIB, p95_seconds=86400.0)
    make_app(marathon, "/shop/recommendations-for-returning-customers/worker-of-the-second-generation", now)
    make_app(other, "/batch", now, state="suspended", instances=0, running=0, healthy=0)
    make_app(marathon, "/accounts", now, state="deploying", staged=1, running=1)
    waiting = make_app(marathon, "/monthly-close", now, state="waiting", instances=3, running=1, healthy=1)
    make_wait(waiting, now)
    looping = make_app(marathon, "/cron-proxy", now, state="delayed", instances=1, running=0, healthy=0)
    for number in range(30):
        make_failed_task(cluster, number, now - timedelta(minutes=3 * number + 1), app=looping)
    make_app(marathon, "/sessions", now, state="unhealthy", healthy=0, unhealthy=2)


@pytest.mark.parametrize(("dark", "width"), LOOKS)
def test_the_list_is_sound_in_every_look(open_signed_in: Open, complaints: list[str], dark: bool, width: int) -> None:
    a_mixed_lot()
    page = open_signed_in("/c/prod/apps/", dark=dark, width=width)
    assert page.locator("#apps tbody tr").count() == 7
    assert ill_looks(page) == []
    assert complaints == []


@pytest.mark.parametrize(("width", "words"), [(390, ['" allocated"', '" p95 used"']), (1440, ["none", "none"])])
def test_a_phone_says_of_each_figure_what_it_is_of_where_a_desk_has_heads(
    open_signed_in: Open, width: int, words: list[str]
) -> None:
    a_mixed_lot()
    page = open_signed_in("/c/prod/apps/", dark=False, width=width)
    told = "all => all.slice(0, 2).map(one => getComputedStyle(one, '::after').content)"
    assert page.locator("#apps tbody [data-basis]").evaluate_all(told) == words
