from __future__ import annotations

from datetime import datetime

from dashboard.models import Cluster
from tests import builders
from tests.api.conftest import PROD, Ask
from tests.builders import master


def test_the_leader_comes_first_and_the_silent_one_has_a_reason(prod: Cluster, asked: Ask) -> None:
    found = asked(f"{PROD}masters/")
    first, second, third = found["results"]
    assert (first["host"], first["leads"], first["state"]["word"]) == ("10.0.0.101", True, "Leading")
    assert (second["host"], second["elected"], second["reason"]) == ("10.0.0.102", False, None)
    assert (third["host"], third["elected"], third["taken_at"]) == ("10.0.0.103", None, None)
    assert "refused" in third["reason"]
    assert (found["count"], found["elected_sum"], found["answering"], found["quorum"]) == (3, 1, 2, 2)


def test_a_figure_a_master_did_not_give_is_null(asked: Ask, now: datetime) -> None:
    builders.write(builders.cluster(), master(at=now, metrics={"master/event_queue_messages": 0.0}))
    row = asked(f"{PROD}masters/")["results"][0]
    assert row["event_queue_messages"] == 0
    assert row["event_queue_dispatches"] is None
    assert row["mem_total_bytes"] is None


def test_two_that_claim_to_lead_are_both_shown(asked: Ask, now: datetime) -> None:
    cluster = builders.cluster()
    builders.write_masters(cluster, master("10.0.0.101", now), master("10.0.0.102", now, elected=True), now=now)
    found = asked(f"{PROD}masters/")
    assert (found["elected_sum"], found["leader_host"]) == (2, "10.0.0.101")
    assert [row["leads"] for row in found["results"]] == [True, True]
