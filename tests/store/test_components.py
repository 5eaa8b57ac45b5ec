from __future__ import annotations

import pytest

from collectors.records import UnitOnNode
from dashboard.models import Component, Event, NodeHealth, UnitState
from dashboard.models.components import Health
from dashboard.store import components
from tests import builders
from tests.builders import NOON, later, node_health, report, unit, write

pytestmark = pytest.mark.django_db


def health(unit_id: str, host: str) -> Health:
    return Health(UnitState.objects.get(component__unit=unit_id, node__host=host).health)


def told() -> list[tuple[str, str, str, str]]:
    return list(Event.objects.order_by("id").values_list("subject", "place", "before", "after"))


def test_a_unit_has_its_own_health_not_its_nodes() -> None:
    sick = node_health("10.0.0.1", unit("dcos-net.service"), unit("dcos-a.service", 1, "no"), health=1)
    write(builders.cluster(), report(NOON, sick))
    assert health("dcos-net.service", "10.0.0.1") is Health.HEALTHY
    assert health("dcos-a.service", "10.0.0.1") is Health.UNHEALTHY
    assert NodeHealth.objects.get().health == Health.UNHEALTHY


def test_a_dark_node_is_no_data_and_one_event() -> None:
    cluster = builders.cluster()
    two = (unit("dcos-net.service"), unit("dcos-a.service"))
    write(cluster, report(NOON, node_health("10.0.0.1", *two), node_health("10.0.0.2", *two)))
    write(cluster, report(later(60), node_health("10.0.0.1", *two), node_health("10.0.0.2", health=3, dark=True)))
    assert health("dcos-net.service", "10.0.0.2") is Health.NO_DATA
    assert health("dcos-net.service", "10.0.0.1") is Health.HEALTHY
    assert told() == [("10.0.0.2", "", "Healthy", "No data")]


def test_a_node_missing_from_the_report_is_dark_too() -> None:
    cluster = builders.cluster()
    write(cluster, report(NOON, node_health("10.0.0.1"), node_health("10.0.0.2")))
    write(cluster, report(later(60), node_health("10.0.0.1")))
    dark = NodeHealth.objects.get(host="10.0.0.2")
    assert (dark.health, dark.reason) == (Health.NO_DATA, components.NOT_LISTED)
    assert health("dcos-net.service", "10.0.0.2") is Health.NO_DATA


def test_a_node_that_calls_itself_healthy_without_units_is_not() -> None:
    write(builders.cluster(), report(NOON, node_health("10.0.0.1", health=0, dark=True)))
    row = NodeHealth.objects.get()
    assert (row.health, row.reason) == (Health.NO_DATA, components.NO_UNITS)


def test_a_unit_that_breaks_and_recovers_tells_both() -> None:
    cluster = builders.cluster()
    for seconds, code in ((0, 0), (60, 1), (120, 0)):
        write(cluster, report(later(seconds), node_health("10.0.0.1", unit(health=code))))
    net = "dcos-net.service"
    assert told() == [(net, "10.0.0.1", "Healthy", "Unhealthy"), (net, "10.0.0.1", "Unhealthy", "Healthy")]


def test_a_unit_an_answering_node_stops_listing_is_unknown_for_a_day_then_forgotten() -> None:
    cluster = builders.cluster()
    write(cluster, report(NOON, node_health("10.0.0.1", unit("dcos-net.service"), unit("dcos-gone.service"))))
    write(cluster, report(later(60), node_health("10.0.0.1", unit("dcos-net.service"))))
    assert health("dcos-gone.service", "10.0.0.1") is Health.NO_DATA
    write(cluster, report(later(86_401), node_health("10.0.0.1", unit("dcos-net.service"))))
    assert list(Component.objects.values_list("unit", flat=True)) == ["dcos-net.service"]


def test_a_node_not_asked_this_time_keeps_its_last_answer() -> None:
    cluster = builders.cluster()
    write(cluster, report(NOON, node_health("10.0.0.1")))
    unasked = node_health("10.0.0.1", asked=False)
    write(cluster, report(later(60), unasked))
    state = UnitState.objects.get()
    assert (state.health, state.taken_at) == (Health.HEALTHY, NOON)


@pytest.mark.parametrize(
    ("name", "description", "shown"),
    [
        ("DC/OS Net", "restarts", "DC/OS Net"),
        ("dcos-x.service", "DC/OS Admin Router Master", "DC/OS Admin Router Master"),
        ("", "", "X"),
        ("dcos-x.service", "a sentence that goes on and on about what this unit does for whom", "X"),
    ],
)
def test_a_unit_is_shown_by_the_best_name_the_cluster_gives(name: str, description: str, shown: str) -> None:
    given = UnitOnNode(unit="dcos-x.service", name=name, description=description, health=0, output="")
    assert components.display_name(given) == shown


@pytest.mark.parametrize(
    ("unit_id", "name"),
    [("dcos-mesos-dns.service", "Mesos DNS"), ("dcos-net.service", "Net"), ("odd", "odd")],
)
def test_a_nameless_unit_is_called_as_dcos_calls_it(unit_id: str, name: str) -> None:
    assert components.friendly_name(unit_id) == name


def test_a_unit_that_turned_while_its_node_was_dark_is_told_when_it_is_seen_again() -> None:
    cluster = builders.cluster()
    write(cluster, report(NOON, node_health("10.0.0.1", unit("a.service"), unit("b.service"))))
    write(cluster, report(later(60), node_health("10.0.0.1", dark=True)))
    write(cluster, report(later(120), node_health("10.0.0.1", unit("a.service", 1), unit("b.service"))))
    told = Event.objects.filter(kind=Event.Kind.UNIT_HEALTH).values_list("subject", "before", "after", "taken_at")
    assert list(told) == [("a.service", "Healthy", "Unhealthy", later(120))]


def test_in_a_large_cluster_what_was_read_long_ago_is_not_the_present() -> None:
    cluster = builders.cluster()
    write(cluster, report(NOON, node_health("10.0.0.1"), node_health("10.0.0.2")))
    for minutes in (29, 31):
        read, unread = node_health("10.0.0.1"), node_health("10.0.0.2", asked=False)
        write(cluster, report(later(60 * minutes), read, unread))
    assert health("dcos-net.service", "10.0.0.1") is Health.HEALTHY
    assert health("dcos-net.service", "10.0.0.2") is Health.NO_DATA
    assert NodeHealth.objects.get(host="10.0.0.2").reason == components.NOT_READ
