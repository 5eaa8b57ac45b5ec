from __future__ import annotations

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from collectors.records import Resources
from dashboard.queries import room
from dashboard.queries.room import Amount, Room
from tests import builders
from tests.builders import GIB, NOON, agent, summary, write

pytestmark = pytest.mark.django_db


def rooms(*agents: object) -> list[Room]:
    cluster = builders.cluster()
    write(cluster, summary(NOON, *agents))  # type: ignore[arg-type]
    return room.of_agents(cluster)


def test_what_is_reserved_or_allocated_is_not_free() -> None:
    half = agent(unreserved=Resources(cpus=2, mem_bytes=4 * GIB))
    (one,) = rooms(half)
    assert (room.total([one]), room.allocated([one])) == (Amount(4, 8 * GIB), Amount(1, 2 * GIB))
    assert one.free == Amount(2, 4 * GIB)
    assert Room("a", "", False, 4, 8, 3, 2, 2, 8).free == Amount(1, 6)


def test_where_reservations_are_not_told_all_that_is_not_allocated_is_free() -> None:
    (one,) = rooms(agent(unreserved=None))
    assert not one.reservations_known
    assert one.free == Amount(3, 6 * GIB)


def test_an_agent_that_gave_away_more_than_it_has_is_not_less_than_empty() -> None:
    assert Room("a", "", False, 4, 8, 5, 9).free == Amount(0, 0)


def test_only_active_agents_have_room() -> None:
    found = rooms(agent("10.0.0.1"), agent("10.0.0.2", active=False), agent("10.0.0.3", draining=True, active=False))
    assert [one.host for one in found] == ["10.0.0.1"]


@pytest.mark.parametrize("agents", [3, 40])
def test_all_rooms_cost_one_query(agents: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON, *(agent(f"10.0.0.{number}") for number in range(agents))))
    with django_assert_num_queries(1):
        assert len(room.of_agents(cluster)) == agents
