"""The roles of every recorded step of a real cluster, polled once: rows equal what the leading master said, amount by amount."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.utils import timezone

from dashboard import polling
from dashboard.models import Cluster, Role
from tests.conformance import replaying
from tests.conformance.replaying import EXPECTED, SHARED

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not EXPECTED, reason="the recordings beside the repository are not here"),
]
MIB = 1024**2
BASES = ("allocated", "offered", "reserved")


def said(step: str) -> dict[str, dict[str, Any]] | None:
    """The roles of the step's leader by name; None where nobody led."""
    paths = sorted((SHARED / "live" / step).glob("*-5050/roles.json"))
    if not paths:
        return None
    return {role["name"]: role for role in json.loads(paths[0].read_bytes())["roles"]}


def amounts(row: Role, basis: str) -> dict[str, float]:
    """A row's amounts in Mesos' own units, what there is none of left out as Mesos does."""
    mem, disk = getattr(row, f"mem_{basis}_bytes"), getattr(row, f"disk_{basis}_bytes")
    named = {
        "cpus": getattr(row, f"cpus_{basis}"),
        "mem": mem and mem / MIB,
        "disk": disk and disk / MIB,
        "gpus": getattr(row, f"gpus_{basis}"),
    }
    return {name: amount for name, amount in named.items() if amount}


def scalars(quantities: dict[str, float]) -> dict[str, float]:
    return {name: amount for name, amount in quantities.items() if name != "ports" and amount}


@pytest.mark.parametrize("step", [step for step in sorted(EXPECTED) if said(step) is not None])
def test_rows_equal_what_the_leader_said(step: str) -> None:
    known = said(step)
    assert known is not None
    with replaying.playing(step):
        poll = polling.poll_now(replaying.connect(step), "roles", clock=timezone.now)
    assert poll.outcome == "ok", poll.detail
    rows = {row.name: row for row in Role.objects.all()}
    assert rows.keys() == known.keys()
    for name, role in known.items():
        for basis in BASES:
            assert amounts(rows[name], basis) == pytest.approx(scalars(role[basis])), (name, basis)
        for basis in ("guarantee", "limit"):
            assert amounts(rows[name], basis) == pytest.approx(scalars(role["quota"][basis]))
        members = rows[name].members.values_list("framework_id", flat=True)
        assert sorted(members) == sorted(role["frameworks"])


@pytest.mark.parametrize("step", [step for step in sorted(EXPECTED) if said(step) is None])
def test_without_a_leader_or_a_login_no_role_is_written(step: str) -> None:
    with replaying.playing(step):
        poll = polling.poll_now(replaying.connect(step), "roles", clock=timezone.now)
    assert poll.outcome not in ("ok", "partial")
    assert not Role.objects.exists() and Cluster.objects.get().cpus_total is None
