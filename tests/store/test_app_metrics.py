from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from collectors.records import AgentPlace, AppContainer, AppMetricsReading, Harvest, MetricSetReading
from dashboard import codec
from dashboard.models import App, AppMetrics, Cluster, Container, Layout, MetricSet, Reading, Subject
from dashboard.store import app_metrics, app_series, retention
from tests import builders
from tests.applications import FRAMEWORK, UUID, make_app, make_marathon
from tests.builders import NOON, agent_containers, container_reading, later, write_containers, write_harvest

pytestmark = pytest.mark.django_db

HOST, AGENT = "10.0.0.1", "id-of-10.0.0.1"
ANOTHER = "10.0.0.2"
HOURS = 3600.0


@pytest.fixture
def cluster() -> Cluster:
    made = builders.cluster()
    write_containers(made, containers("c1", "c2"), containers(host=ANOTHER), now=NOON)
    return made


def containers(*names: str, host: str = HOST, at: datetime = NOON, **said: Any) -> Any:
    return agent_containers(host, *(container_reading(one, at, **said) for one in names or ("c3",)))


def one_set(at: datetime = NOON, tags: dict[str, str] | None = None, **values: float) -> MetricSetReading:
    return MetricSetReading(tags=tags or {}, taken_at=at, values=values)


def answer(container_id: str = "c1", *sets: MetricSetReading, host: str = HOST) -> AppMetricsReading:
    at = min((one.taken_at for one in sets), default=NOON)
    return AppMetricsReading(
        host=host, agent_id=f"id-of-{host}", container_id=container_id, taken_at=at, labels={}, sets=sets
    )


def told(cluster: Cluster, *answers: AppMetricsReading, now: datetime = NOON) -> Harvest:
    return write_harvest(cluster, "app_metrics", Harvest(records=answers), now=now)


def to_ask(cluster: Cluster, seconds: float = 0, *hosts: str) -> list[str]:
    places = [AgentPlace(agent_id=f"id-of-{host}", host=host) for host in hosts or (HOST,)]
    return [one.container_id for one in app_metrics.to_ask(cluster, places, later(seconds))]


def values(subject: Subject, now: datetime = NOON) -> dict[str, float]:
    """Its reading in the minute of `now`, by name."""
    found = Reading.objects.get(subject=subject, tick=int(now.timestamp()) // 60 * 60)
    names = Layout.objects.get(pk=found.layout_id).names
    return dict(zip(names, codec.unpack([bytes(found.data)], width=len(names))[0].tolist(), strict=True))


def ticks(subject: Subject) -> list[int]:
    return list(Reading.objects.filter(subject=subject).order_by("tick").values_list("tick", flat=True))


def subjects() -> dict[str, Subject]:
    return {one.name: one for one in Subject.objects.filter(kind="app_metrics")}


def test_a_set_is_a_subject_below_its_container_with_a_layout_of_its_names(cluster: Cluster) -> None:
    told(cluster, answer("c1", one_set(later(-5), hits=3.0, errors=1.0)), now=later(1))
    (subject,) = subjects().values()
    assert subject.key.startswith(f"{HOST}/c1|") and subject.name == "task-of-c1"
    assert subject.parent is not None and (subject.parent.kind, subject.parent.key) == ("container", f"{HOST}/c1")
    assert list(values(subject).items()) == [("errors", 1), ("hits", 3), ("sample.age_seconds", 5)]
    row = MetricSet.objects.get()
    assert (row.subject, row.names, row.sample_at) == (subject, ["errors", "hits"], later(-5))


def test_sets_of_other_tags_are_other_subjects(cluster: Cluster) -> None:
    told(cluster, answer("c1", one_set(hits=1.0), one_set(tags={"route": "/a", "status": "200"}, hits=2.0)))
    found = subjects()
    assert {name: values(one)["hits"] for name, one in found.items()} == {"task-of-c1": 1, "route=/a, status=200": 2}
    assert MetricSet.objects.get(subject=found["route=/a, status=200"]).tags == {"route": "/a", "status": "200"}


def test_a_new_name_is_appended_and_one_that_is_not_told_is_absent(cluster: Cluster) -> None:
    told(cluster, answer("c1", one_set(hits=1.0, lag=2.0)))
    told(cluster, answer("c1", one_set(later(60), hits=3.0, ends=4.0)), now=later(60))
    (subject,) = subjects().values()
    found = values(subject, later(60))
    assert list(found) == ["hits", "lag", "ends", "sample.age_seconds"]
    assert (found["hits"], found["ends"]) == (3, 4) and found["lag"] != found["lag"]
    assert MetricSet.objects.get().names == ["hits", "lag", "ends"]


def test_a_sample_that_is_known_already_is_absent_and_not_repeated(cluster: Cluster) -> None:
    for seconds in (0, 60):
        told(cluster, answer("c1", one_set(later(-5), hits=1.0)), now=later(seconds))
    (subject,) = subjects().values()
    assert ticks(subject) == [NOON.timestamp()]


def test_a_poll_that_is_written_again_changes_nothing(cluster: Cluster) -> None:
    for _ in range(2):
        told(cluster, answer("c1", one_set(hits=1.0)))
    assert (Reading.objects.filter(subject__kind="app_metrics").count(), AppMetrics.objects.get().series) == (1, 1)


def test_containers_that_tell_the_same_names_share_a_layout(cluster: Cluster) -> None:
    told(cluster, answer("c1", one_set(hits=1.0)), answer("c2", one_set(hits=2.0)))
    assert Layout.objects.filter(names=["hits", "sample.age_seconds"]).count() == 1


def test_a_container_is_asked_after_its_first_minute(cluster: Cluster) -> None:
    assert (to_ask(cluster, 59), to_ask(cluster, 60)) == ([], ["c1", "c2"])
    assert to_ask(cluster, 60, HOST, ANOTHER) == ["c1", "c2", "c3"]
    place = AgentPlace(agent_id=AGENT, host=HOST)
    asked = app_metrics.to_ask(cluster, [place], later(60))
    assert asked[0] == AppContainer(host=HOST, agent_id=AGENT, container_id="c1")


def test_one_that_tells_nothing_is_asked_again_in_an_hour_and_a_young_one_sooner(cluster: Cluster) -> None:
    told(cluster, answer("c1"), now=later(60))
    assert to_ask(cluster, 119) == ["c2"] and "c1" in to_ask(cluster, 120)
    told(cluster, answer("c1"), now=later(2 * HOURS))
    assert to_ask(cluster, 3 * HOURS - 1) == ["c2"] and "c1" in to_ask(cluster, 3 * HOURS)


def test_one_that_told_is_asked_every_time_until_it_has_been_silent_for_an_hour(cluster: Cluster) -> None:
    told(cluster, answer("c1", one_set(later(2 * HOURS), hits=1.0)), now=later(2 * HOURS))
    told(cluster, answer("c1"), now=later(2.5 * HOURS))
    assert "c1" in to_ask(cluster, 2.5 * HOURS + 60)
    told(cluster, answer("c1"), now=later(3 * HOURS))
    assert "c1" not in to_ask(cluster, 3 * HOURS + 60)
    row = AppMetrics.objects.get()
    assert (row.told_at, row.asked_at, row.series) == (later(2 * HOURS), later(3 * HOURS), 1)


def test_who_has_waited_longest_is_asked_first(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    told(cluster, answer("c1", one_set(hits=1.0)), now=later(60))
    assert to_ask(cluster, 120) == ["c2", "c1"]
    monkeypatch.setattr(app_metrics, "MOST_ASKED", 1)
    assert to_ask(cluster, 120) == ["c2"]


def test_a_container_that_ended_is_asked_no_more(cluster: Cluster) -> None:
    write_containers(cluster, containers("c2", at=later(60)), now=later(60))
    assert to_ask(cluster, 120) == ["c2"]


def test_what_a_forgotten_container_told_is_not_kept(cluster: Cluster) -> None:
    harvest = told(cluster, answer("nobody", one_set(hits=1.0)))
    assert (MetricSet.objects.count(), AppMetrics.objects.count(), dict(harvest.dropped)) == (0, 0, {})


def test_past_the_most_of_a_container_the_newest_names_are_refused(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_series, "MOST_OF_CONTAINER", 2)
    told(cluster, answer("c1", one_set(m=1.0, n=1.0)))
    harvest = told(cluster, answer("c1", one_set(later(60), a=9.0, m=2.0, n=2.0)), now=later(60))
    assert harvest.dropped == {"app metric: more than 2 of one container": 1}
    (subject,) = subjects().values()
    assert "a" not in values(subject, later(60)) and values(subject, later(60))["m"] == 2
    assert (AppMetrics.objects.get().series, AppMetrics.objects.get().refused) == (2, 1)
    told(cluster, answer("c1", one_set(later(120), m=3.0)), now=later(120))
    assert AppMetrics.objects.get().refused == 0


def test_past_the_most_of_an_agent_another_agent_still_has_room(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_series, "MOST_OF_AGENT", 3)
    two = one_set(a=1.0, b=2.0)
    harvest = told(cluster, answer("c1", two), answer("c2", two), answer("c3", two, host=ANOTHER))
    assert harvest.dropped == {"app metric: more than 3 of one agent": 1}
    assert sorted(AppMetrics.objects.values_list("series", flat=True)) == [1, 2, 2]


def test_a_cluster_has_a_budget_that_ended_containers_leave(cluster: Cluster, settings: Settings) -> None:
    settings.APP_SERIES_PER_CLUSTER = 2
    told(cluster, answer("c1", one_set(a=1.0, b=2.0)))
    harvest = told(cluster, answer("c2", one_set(a=1.0)))
    assert harvest.dropped == {"app metric: more than 2 of one cluster": 1}
    assert "c2" in to_ask(cluster, 60)
    write_containers(cluster, containers("c2", at=later(60)), now=later(60))
    assert not told(cluster, answer("c2", one_set(later(60), a=1.0)), now=later(60)).dropped


def test_past_the_most_sets_of_a_container_new_ones_are_refused(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_metrics, "MOST_SETS", 1)
    told(cluster, answer("c1", one_set(tags={"id": "2"}, a=1.0)))
    again = answer("c1", one_set(later(60), {"id": "1"}, a=1.0, b=1.0), one_set(later(60), {"id": "2"}, a=2.0))
    assert sum(told(cluster, again, now=later(60)).dropped.values()) == 2
    assert MetricSet.objects.get().tags == {"id": "2"} and AppMetrics.objects.get().refused == 2


def test_a_name_of_day_twos_own_is_refused(cluster: Cluster) -> None:
    said = MetricSetReading(tags={}, taken_at=NOON, values={"sample.age_seconds": 9.0, "hits": 1.0})
    harvest = told(cluster, answer("c1", said))
    (subject,) = subjects().values()
    assert values(subject) == {"hits": 1, "sample.age_seconds": 0}
    assert sum(harvest.dropped.values()) == 1


def test_a_set_belongs_to_the_app_whose_instance_its_container_is() -> None:
    cluster = builders.cluster()
    for number in (1, 2):
        executor = f"shop_web.{UUID.format(number)}"
        ran = container_reading(f"c{number}", NOON, executor_id=executor, framework_id=FRAMEWORK)
        write_containers(cluster, agent_containers(HOST, ran), now=later(number))
        if number == 2:
            make_app(make_marathon(cluster, NOON), "/shop/web", NOON)
        told(cluster, answer(f"c{number}", one_set(later(number), hits=1.0)), now=later(60 * number))
    told(cluster, answer("c1", one_set(later(170), hits=2.0)), now=later(180))
    assert [one.app for one in MetricSet.objects.all()] == [App.objects.get()] * 2


def test_sets_go_with_their_figures_as_those_of_containers_do(cluster: Cluster) -> None:
    told(cluster, answer("c1", one_set(hits=1.0)))
    Container.objects.all().delete()
    assert MetricSet.objects.get().container is None and not AppMetrics.objects.exists()
    Reading.objects.all().delete()
    retention.prune(NOON + timedelta(days=30))
    assert MetricSet.objects.count() == 1
    retention.prune(NOON + timedelta(days=32))
    assert (MetricSet.objects.count(), Subject.objects.filter(kind="app_metrics").count()) == (0, 0)


def test_the_number_of_queries_does_not_grow_with_containers_and_sets(cluster: Cluster) -> None:
    def queries(number: int, of: int) -> int:
        names = [f"{number}-{one}" for one in range(of)]
        write_containers(cluster, containers(*names), now=NOON)
        sets = [one_set(later(60 * number), {"n": str(one)}, hits=1.0, **{f"m{number}": 1.0}) for one in range(of)]
        with CaptureQueriesContext(connection) as asked:
            told(cluster, *(answer(name, *sets) for name in names), now=later(60 * number))
        return len(asked)

    assert queries(1, 2) == queries(2, 20)


def test_who_is_asked_is_one_query(cluster: Cluster, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        to_ask(cluster, 60, HOST, ANOTHER)
