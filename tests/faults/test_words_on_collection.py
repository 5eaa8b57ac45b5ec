"""What an operator reads on Collection when an endpoint misbehaves: the outcome, words, and the last good figures kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from collectors.simulator import Settings, Simulator
from dashboard import polling
from dashboard.models import Cluster, Collection, Node, Reading
from dashboard.queries.reasons import WORDS
from dashboard.roles import Role, grant
from dashboard.store import clusters

pytestmark = pytest.mark.django_db(transaction=True)
SUMMARY = "/mesos/master/state-summary"

MANNERS = [
    # how the endpoint misbehaves, a value for it, the outcomes that tell it
    ("reset", "", {"truncated"}),
    ("truncate", "", {"truncated", "not_json"}),
    ("html200", "", {"not_json"}),
    ("401", "", {"auth"}),
    ("403", "", {"forbidden"}),
    ("204", "", {"empty"}),
    ("503", "", {"server_error", "not_leader"}),
    ("huge", "80", {"too_large"}),
    ("gzip_bomb", "80", {"too_large"}),
    ("deep", "", {"too_deep", "wrong_shape"}),
    ("missing", "slaves", {"wrong_shape"}),
    ("missing", "hostname", {"wrong_shape"}),
]


@pytest.fixture(scope="module")
def simulator() -> Iterator[Simulator]:
    with Simulator(Settings(with_stories=False)).running() as running:
        yield running


@pytest.fixture
def cluster(simulator: Simulator) -> Iterator[Cluster]:
    wanted = Cluster(name="sim", kind="dcos", url=simulator.router_url)
    made = clusters.save(wanted, master_urls=(), token=None, now=timezone.now())
    assert polling.poll_now(made, "summary", clock=timezone.now).outcome == "ok"
    yield made
    simulator.clear()


def read_collection(client: Client) -> str:
    user = User.objects.create_user("reader")
    grant(user, Role.VIEWER)
    client.force_login(user)
    return client.get("/c/sim/collection/").content.decode()


@pytest.mark.parametrize(("manner", "value", "outcomes"), MANNERS)
def test_a_fault_has_its_outcome_and_its_words_and_the_last_figures_stay(
    simulator: Simulator, cluster: Cluster, client: Client, manner: str, value: str, outcomes: set[str]
) -> None:
    before = (Reading.objects.count(), Cluster.objects.get().cpus_allocated, Node.objects.count())
    simulator.fault(SUMMARY, manner, value)
    poll = polling.poll_now(cluster, "summary", clock=timezone.now)
    assert poll.outcome in outcomes, poll.detail
    assert (Reading.objects.count(), Cluster.objects.get().cpus_allocated, Node.objects.count()) == before
    standing = Collection.objects.get(source="summary", host="")
    assert standing.failures_in_row == 1 and standing.sample_at is not None
    words = next(text for outcome, text in WORDS.items() if outcome == poll.outcome)
    assert words.partition(":")[0].partition("—")[0].strip()[:12] in read_collection(client)


def test_what_cannot_be_read_is_dropped_and_counted_and_its_siblings_stay(
    simulator: Simulator, cluster: Cluster
) -> None:
    simulator.fault(SUMMARY, "missing", "TASK_RUNNING")
    poll = polling.poll_now(cluster, "summary", clock=timezone.now)
    assert (poll.outcome, poll.dropped) == ("partial", 12 + 5)
    assert "dropped" in poll.detail


def test_a_hostile_report_leaves_the_other_sources_alone(simulator: Simulator, cluster: Cluster) -> None:
    simulator.fault("/system/health/v1/report", "html200", "")
    ended = {
        name: polling.poll_now(cluster, name, clock=timezone.now).outcome
        for name in ("masters", "summary", "component_health")
    }
    assert ended == {"masters": "ok", "summary": "ok", "component_health": "not_json"}
