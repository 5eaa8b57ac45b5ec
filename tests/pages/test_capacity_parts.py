"""Who holds what, what more fits, and which loss would be survived: as Capacity says it."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import DjangoAssertNumQueries

from collectors.errors import Outcome, PollError
from collectors.records import Bounds, Resources
from dashboard.models import Cluster
from dashboard.roles import Role, grant
from dashboard.store import ingest
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import GIB, agent, contain, framework, host_metrics, role, roles, summary, write, write_use

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def signed_in(client: Client) -> None:
    user = User.objects.create_user("ana")
    grant(user, Role.VIEWER)
    client.force_login(user)


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def shown(client: Client, query: str = "") -> str:
    answer = client.get(f"/c/prod/capacity/{query}")
    assert answer.status_code == 200
    text = answer.content.decode().replace("\u00a0", " ")
    return re.sub(r"\s+", " ", text)


def block(html: str, identity: str) -> str:
    return html.split(f'id="{identity}"')[1].split("</section>")[0]


def watched(*agents: object, frameworks: tuple[object, ...] = ()) -> Cluster:
    cluster = builders.cluster()
    write(cluster, summary(ago(1), *agents, frameworks=frameworks))  # type: ignore[arg-type]
    return cluster


def test_zones_stand_with_shares_amounts_and_what_their_use_is_of(client: Client) -> None:
    cluster = watched(agent("10.0.0.1", zone="eu-a"), agent("10.0.0.2", zone="eu-b"), agent("10.0.0.3", zone="eu-b"))
    write_use(cluster, host_metrics("10.0.0.1", ago(5)), host_metrics("10.0.0.2", ago(5)), now=ago(5))
    where = block(shown(client), "where")
    assert where.index("eu-b") < where.index("eu-a")
    assert "2 of 8 cores · used 1 core" in where and "1 of 4 cores · used 1 core" in where
    assert "machines of 1 of 2 agents" in where and "machines of 1 of 1 agent," in where
    assert 'href="/c/prod/nodes/?zone=eu-b"' in where
    assert 'Zone<span class="n">2</span>' in where and 'aria-current="page">Zone' in where


def test_a_role_stands_with_its_quota_and_a_reason_where_its_use_is_not_known(client: Client) -> None:
    held = Resources(cpus=1, mem_bytes=GIB)
    cluster = watched(agent(), frameworks=(framework("both", allocated=held), framework("one", allocated=held)))
    dev = role("dev", guarantee=Bounds(cpus=2.0), limit=Bounds(cpus=3.0), frameworks=("id-of-one",))
    both = ("id-of-both",)
    write(
        cluster,
        roles(ago(2), dev, role("*", frameworks=both), role("b", frameworks=both), role("empty", allocated=None)),
    )
    contain(cluster, "id-of-one", cpus=0.5, at=ago(3))
    where = block(shown(client, "?by=role"), "where")
    assert "quota: at least 2 cores, at most 3 cores" in where
    assert "1 core · used 0.5 cores" in where
    assert "2 of 3 containers of 3 of 4 agents" in where
    assert where.count("— both has 2 roles, and use is not told by role") == 2
    assert "empty" not in where


def test_an_old_mesos_that_counts_offers_as_allocated_is_said_to(client: Client) -> None:
    cluster = watched(agent())
    write(cluster, roles(ago(1), role("dev")))
    assert "offers count as allocated" not in shown(client, "?by=role")
    write(cluster, roles(ago(0), role("dev", offered=None)))
    assert "offers count as allocated, this version of Mesos does not tell them apart" in shown(client, "?by=role")


@pytest.mark.parametrize(
    ("by", "says"),
    [
        ("zone", "No agent says its zone"),
        ("region", "No agent says its region"),
        ("framework", "No framework is registered"),
        ("role", "No role holds anything, and none has a quota"),
    ],
)
def test_where_there_is_nothing_the_fact_is_said(by: str, says: str, client: Client) -> None:
    cluster = watched(agent(zone="", region=""))
    write(cluster, roles(ago(1), role("*", allocated=Resources())))
    assert says in block(shown(client, f"?by={by}"), "where")


@pytest.mark.parametrize(
    ("outcome", "word"),
    [(Outcome.FORBIDDEN, "Denied"), (Outcome.NOT_FOUND, "Not offered"), (Outcome.TIMEOUT_BODY, "Learning")],
)
def test_roles_that_cannot_be_read_say_why_and_the_rest_is_shown(outcome: Outcome, word: str, client: Client) -> None:
    cluster = watched(agent())
    now = timezone.now()
    error = PollError(outcome, "as it was seen")
    ingest.failure(Writing(cluster=cluster, tick=0, now=now), "roles", error, duration_seconds=0.1)
    html = shown(client, "?by=role")
    assert f">{word}</span>" in block(html, "where") and "as it was seen" in block(html, "where")
    assert "CPU allocation stayed at 25 %" in html


def test_roles_that_are_too_old_are_stale_by_themselves(client: Client) -> None:
    cluster = watched(agent())
    write(cluster, roles(ago(600)))
    where = block(shown(client, "?by=role"), "where")
    assert "What roles hold was true at" in where
    assert 'class="data lv stale"' in where
    assert "data lv stale" not in block(shown(client, "?by=zone"), "where")


def test_before_the_list_of_roles_was_read_nothing_is_called_empty(client: Client) -> None:
    watched(agent())
    where = block(shown(client, "?by=role"), "where")
    assert ">Learning</span>" in where and "not asked yet" in where
    assert "No role holds anything" not in where


def test_what_more_fits_is_answered_at_once_and_names_the_agents(client: Client) -> None:
    free = Resources(cpus=4, mem_bytes=8 * GIB)
    watched(agent("10.0.0.1", unreserved=free), agent("10.0.0.2", unreserved=Resources()), agent("10.0.0.3"))
    html = block(shown(client), "fits")
    assert "<strong>6 more</strong> instances of 1 core and 2 GiB fit at most, on 2 agents." in html
    assert 'href="/c/prod/nodes/10.0.0.1/"' in html and "10.0.0.2" not in html
    assert "This Mesos does not tell reserved resources apart" in html
    assert "Constraints, ports, disk and offers that are out are not considered" in html


def test_the_question_is_in_the_address_and_answered(client: Client) -> None:
    watched(agent("10.0.0.1"), agent("10.0.0.2"))
    html = shown(client, "?cpus=1.5&mem=1&instances=5&by=pool")
    assert "<strong>4 more</strong> instances of 1.5 cores and 1 GiB" in html
    assert "1 of the 5 that were asked for do not." in html
    assert '<input type="hidden" name="by" value="pool">' in html
    assert "All 4 that were asked for fit." in shown(client, "?cpus=1.5&mem=1&instances=4")
    assert "None fits" in shown(client, "?cpus=100")


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("?cpus=-1", "Give a number from 0 to 10,000, such as 0.5."),
        ("?cpus=nan", "Give a number from 0 to 10,000, such as 0.5."),
        ("?mem=lots", "Give a number from 0 to 100,000, such as 2."),
        ("?instances=0", "Give a whole number from 1 to 100,000."),
        ("?instances=", "Give a whole number from 1 to 100,000."),
        ("?cpus=0&mem=0", "An instance that needs neither CPU nor memory fits anywhere: give one of them."),
    ],
)
def test_a_question_that_cannot_be_answered_says_what_may_be_asked(query: str, says: str, client: Client) -> None:
    watched(agent())
    html = shown(client, query)
    assert says in html
    assert "<strong>" not in block(html, "fits")


def test_every_loss_says_whether_the_rest_could_take_it_over(client: Client) -> None:
    busy = Resources(cpus=3, mem_bytes=2 * GIB)
    watched(
        agent("10.0.0.1", zone="eu-a", allocated=busy),
        agent("10.0.0.2", zone="eu-b", allocated=busy),
        agent("10.0.0.3", zone="eu-b"),
    )
    losses = block(shown(client), "losses")
    assert "Largest agent, 10.0.0.1, lost" in losses and "Fits: 1 core and 10 GiB left" in losses
    assert "Zone eu-b lost, 2 agents" in losses and "No: short by 3 cores" in losses
    assert "no simulation of where tasks would be placed" in losses


def test_one_zone_or_none_is_said(client: Client) -> None:
    watched(agent("10.0.0.1", zone=""), agent("10.0.0.2", zone=""))
    assert "No agent says its zone, so the loss of one cannot be told." in shown(client)


def test_without_agents_there_is_no_room_and_no_zero(client: Client) -> None:
    builders.cluster()
    html = shown(client)
    assert "<b>No agent is active</b>" in block(html, "fits") and "<b>No agent is active</b>" in block(html, "losses")


def test_text_of_the_cluster_is_shown_and_never_obeyed(client: Client) -> None:
    evil = '"><script>alert(1)</script>'
    cluster = watched(agent(zone=evil), frameworks=(framework(evil),))
    write(cluster, roles(ago(1), role(evil, frameworks=("id-of-x",))))
    for by in ("role", "zone", "framework"):
        html = shown(client, f"?by={by}&range={evil}&cpus={evil}")
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert(1)" in html


@pytest.mark.parametrize("by", ["role", "framework", "zone"])
@pytest.mark.parametrize("many", [3, 30])
def test_the_page_costs_the_same_for_any_number_of_parts(
    by: str, many: int, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    agents = [agent(f"10.0.0.{number}", zone=f"z{number}") for number in range(many)]
    cluster = watched(*agents, frameworks=tuple(framework(f"f{number}") for number in range(many)))
    write(cluster, roles(ago(1), *(role(f"r{number}", frameworks=(f"id-of-f{number}",)) for number in range(many))))
    with django_assert_max_num_queries(26):
        shown(client, f"?by={by}")
