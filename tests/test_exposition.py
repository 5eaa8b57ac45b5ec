from __future__ import annotations

import subprocess
import tempfile
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families
from pytest_django import DjangoAssertNumQueries, Settings

from collectors.errors import Outcome
from dashboard import exposition
from dashboard.exposition import Check
from dashboard.models import Notice, Reading
from dashboard.running import broker
from dashboard.store import slots, space
from dashboard.trouble import Trouble
from tests import builders, notices_owed, patience
from tests.builders import summary

PROBES = ["/-/healthy", "/-/ready", "/metrics"]


@pytest.fixture(scope="module")
def broker_url() -> Iterator[str]:
    """A real broker on a socket, as `up` runs it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        data = Path(folder)
        with subprocess.Popen(broker.prepare(data), stdout=subprocess.DEVNULL) as server:
            patience.until(broker.socket_path(data).exists, what="the broker's socket")
            yield broker.url(broker.socket_path(data))
            server.terminate()


def hang(released: threading.Event) -> None:
    released.wait(30)


def figures(text: str) -> dict[tuple[str, str], float]:
    """(name, value of its `source` or `outcome` label) → value."""
    return {
        (sample.name, sample.labels.get("outcome", sample.labels.get("source", ""))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_a_process_that_answers_is_healthy_without_asking_the_database(client: Client) -> None:
    response = client.get("/-/healthy")
    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", PROBES)
def test_probes_come_by_ip_address_and_without_a_login(
    client: Client, settings: Settings, broker_url: str, path: str
) -> None:
    settings.CELERY_BROKER_URL = broker_url
    for method in (client.get, client.head):
        response = method(path, headers={"Host": "10.20.30.40:8000"})
        assert response.status_code == 200
        assert response.headers["Cache-Control"] == "no-store"
        assert not response.cookies
        assert b"10.20.30.40" not in response.content


@pytest.mark.parametrize("path", ["/", "/-/healthy/", "/metrics/", "/api/v1/clusters/"])
def test_no_other_address_answers_to_a_foreign_host(client: Client, path: str) -> None:
    assert client.get(path, headers={"Host": "10.20.30.40"}).status_code == 400


@pytest.mark.parametrize("path", PROBES)
def test_probes_only_look(client: Client, path: str) -> None:
    assert client.post(path).status_code == 405


@pytest.mark.django_db(transaction=True)
def test_without_its_broker_day_two_is_not_ready_and_says_so(client: Client, settings: Settings) -> None:
    settings.CELERY_BROKER_URL = "redis://somebody:secret@127.0.0.1:1/0"
    response = client.get("/-/ready")
    assert response.status_code == 503
    assert response.content == b"broker: does not answer (ConnectionError)\n"


@pytest.mark.django_db(transaction=True)
def test_something_that_hangs_is_given_up_after_two_seconds_and_holds_one_thread(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    released = threading.Event()
    hanging = Check("broker", lambda: hang(released))
    monkeypatch.setattr(exposition, "CHECKS", (hanging,))
    monkeypatch.setattr(exposition, "ANSWER_WITHIN_SECONDS", 0.1)
    before = threading.active_count()
    for _ in range(3):
        assert client.get("/-/ready").content == b"broker: no answer within 0.1 s\n"
    assert threading.active_count() == before + 1
    released.set()


@pytest.mark.django_db
def test_metrics_tell_the_age_of_each_source_and_nothing_of_what_is_not_known(client: Client) -> None:
    cluster, now = builders.cluster(), timezone.now()
    builders.write(cluster, summary(now - timedelta(seconds=5)), now=now)
    response = client.get("/metrics")
    found = figures(response.content.decode())
    assert response.headers["Content-Type"].startswith("text/plain")
    assert 5 <= found["daytwo_source_age_seconds", "summary"] < 30
    assert found["daytwo_source_up", "summary"] == 1
    assert found["daytwo_source_up", "masters"] == 0
    assert ("daytwo_source_age_seconds", "masters") not in found
    assert found["daytwo_poll_duration_seconds", "summary"] == 0.1
    assert found["daytwo_recent_readings", ""] == Reading.objects.count() > 0
    assert found["process_resident_memory_bytes", ""] > 0


@pytest.mark.django_db
def test_metrics_count_polls_by_how_they_ended_and_those_that_wait(client: Client) -> None:
    cluster, now = builders.cluster(), timezone.now()
    for outcome, seconds in ((Outcome.OK, 30), (Outcome.OK, 20), (Outcome.AUTH, 10)):
        poll = slots.open_now(cluster, "summary", now - timedelta(seconds=seconds))
        poll.outcome = outcome
        slots.end(poll, now)
    slots.open_now(cluster, "masters", now - timedelta(seconds=3))
    found = figures(client.get("/metrics").content.decode())
    assert (found["daytwo_recent_polls", "ok"], found["daytwo_recent_polls", "auth"]) == (2, 1)
    assert found["daytwo_polls_waiting", ""] == 1
    assert 3 <= found["daytwo_last_dispatch_age_seconds", ""] < 30


@pytest.mark.django_db
def test_every_metric_is_ours_or_the_process_s_and_explained(client: Client) -> None:
    builders.write(builders.cluster(), summary(timezone.now()))
    families = list(text_string_to_metric_families(client.get("/metrics").content.decode()))
    assert all(family.name.startswith(("daytwo_", "process_")) for family in families)
    assert all(family.documentation and family.type in ("gauge", "counter") for family in families)


@pytest.mark.django_db
def test_a_cluster_nobody_polls_any_more_has_no_metrics(client: Client) -> None:
    builders.cluster(enabled=False)
    assert "prod" not in client.get("/metrics").content.decode()


@pytest.mark.django_db
def test_the_price_of_metrics_does_not_grow_with_the_clusters(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for name in ("a", "b", "c"):
        builders.write(builders.cluster(name), summary(timezone.now()))
    with django_assert_num_queries(9):
        client.get("/metrics")


@pytest.mark.django_db
def test_what_is_owed_to_people_is_a_metric_with_the_age_of_the_oldest(client: Client) -> None:
    assert ("daytwo_notices_oldest_age_seconds", "") not in figures(client.get("/metrics").content.decode())
    notices_owed.channel()
    notices_owed.owe(notices_owed.group(), Notice.Kind.PROBLEM, timezone.now() - timedelta(minutes=5))
    notices_owed.owe(notices_owed.group(reason="dead"))
    Notice.objects.filter(created_at=builders.NOON).update(dead_at=timezone.now())
    found = figures(client.get("/metrics").content.decode())
    assert (found["daytwo_notices_owed", ""], found["daytwo_notices_dead", ""]) == (1, 1)
    assert 300 <= found["daytwo_notices_oldest_age_seconds", ""] < 330


@pytest.mark.django_db(transaction=True)
def test_while_collecting_is_paused_day_two_is_ready_and_says_it(
    client: Client, settings: Settings, broker_url: str, tmp_path: Path
) -> None:
    settings.CELERY_BROKER_URL, settings.DATA_DIR = broker_url, tmp_path
    assert figures(client.get("/metrics").content.decode())["daytwo_collecting_paused", ""] == 0
    space.pause(Trouble.FULL, timezone.now())
    response = client.get("/-/ready")
    assert (response.status_code, response.content) == (200, b"ok\ndatabase: collecting is paused\n")
    assert figures(client.get("/metrics").content.decode())["daytwo_collecting_paused", ""] == 1
