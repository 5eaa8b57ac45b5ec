"""Two masters that claim to lead at once, and the end of it."""

from __future__ import annotations

from datetime import datetime

import pytest

from collectors.errors import Outcome
from collectors.records import Harvest, NodeOutcome
from dashboard.models import Cluster, Event
from tests import builders
from tests.builders import NOON, later, master, write_harvest, write_masters

pytestmark = pytest.mark.django_db
A, B = "10.0.0.101", "10.0.0.102"
BOTH = f"{A}, {B}"


def hear(cluster: Cluster, seconds: float, *leading: str, silent: str = "") -> None:
    heard = [master(host, later(seconds), elected=host in leading) for host in (A, B) if host != silent]
    write_masters(cluster, *heard, silent=(silent,) if silent else (), now=later(seconds))


def hear_one_hanging(cluster: Cluster, seconds: float, host: str) -> None:
    nodes = (
        NodeOutcome(host=host, port=5050, outcome=Outcome.OK),
        NodeOutcome(host=B if host == A else A, port=5050, outcome=Outcome.TIMEOUT_HEADERS, detail="slow"),
    )
    brought = Harvest(records=(master(host, later(seconds), elected=True),), nodes=nodes)
    write_harvest(cluster, "masters", brought, now=later(seconds))


def told() -> list[tuple[str, str, str, datetime]]:
    rows = Event.objects.filter(kind=Event.Kind.TWO_LEADERS).order_by("id")
    return [(row.subject, row.before, row.after, row.taken_at) for row in rows]


def test_two_that_claim_to_lead_are_told_once_and_so_is_the_end() -> None:
    cluster = builders.cluster()
    for at, leading in ((0, (A,)), (10, (A, B)), (20, (A, B)), (30, (B,)), (40, (B,))):
        hear(cluster, at, *leading)
    assert told() == [(BOTH, "", BOTH, later(10)), (BOTH, BOTH, "", later(30))]


def test_they_are_told_even_at_the_first_look() -> None:
    hear(builders.cluster(), 0, A, B)
    assert told() == [(BOTH, "", BOTH, NOON)]


def test_a_claim_is_not_over_because_one_of_them_is_silent() -> None:
    cluster = builders.cluster()
    hear(cluster, 0, A, B)
    hear_one_hanging(cluster, 10, A)
    hear_one_hanging(cluster, 20, B)
    assert len(told()) == 1
    hear(cluster, 30, A)
    assert told()[-1][1:] == (BOTH, "", later(30))


def test_a_claim_is_over_when_one_of_them_is_dead() -> None:
    cluster = builders.cluster()
    hear(cluster, 0, A, B)
    hear(cluster, 10, B, silent=A)
    assert told()[-1][1:] == (BOTH, "", later(10))


def test_a_failover_is_no_claim_of_two() -> None:
    cluster = builders.cluster()
    hear(cluster, 0, A)
    hear(cluster, 10, silent=A)
    hear(cluster, 20, B)
    assert told() == []
