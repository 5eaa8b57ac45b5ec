from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collectors.errors import Outcome
from collectors.records import AgentContainers, Harvest, NodeOutcome
from collectors.records.containers import NOTHING_MEASURED
from collectors.sources.container_lists import of_operator_api
from dashboard import codec
from dashboard.models import Cluster, Collection, Container, Event, Layout, Poll, Reading, Subject
from dashboard.queries import containers_now
from dashboard.store import container_rows, containers
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import (
    GIB,
    MIB,
    NOON,
    agent,
    agent_containers,
    container_reading,
    later,
    summary,
    write_containers,
    write_machines,
)

pytestmark = pytest.mark.django_db

HOST = "10.0.0.1"
HOUR = 3600.0
BLKIO = {"blkio_read_bytes": 0.0, "blkio_write_bytes": 0.0}


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def row(container_id: str = "c1") -> Container:
    """As it is told now."""
    found = Container.objects.get(container_id=container_id)
    return containers_now.brought_up(found.cluster, [found])[0]


def values(key: str = f"{HOST}/c1", tick_seconds: float = 0) -> dict[str, float]:
    """A container's reading at a tick after NOON, by name."""
    tick = int(later(tick_seconds).timestamp())
    found = Reading.objects.get(subject__kind="container", subject__key=key, tick=tick)
    names = Layout.objects.get(pk=found.layout_id).names
    return dict(zip(names, codec.unpack([bytes(found.data)], width=len(names))[0].tolist(), strict=True))


def ticks(key: str = f"{HOST}/c1") -> list[float]:
    """Ticks of a container's readings, seconds after NOON."""
    found = Reading.objects.filter(subject__kind="container", subject__key=key).order_by("tick")
    return [tick - NOON.timestamp() for tick in found.values_list("tick", flat=True)]


def running() -> list[str]:
    return list(Container.objects.filter(ended_at=None).order_by("container_id").values_list("container_id", flat=True))


def ids(*names: str, seconds: float = 0) -> AgentContainers:
    """An answer that lists these containers."""
    return agent_containers(HOST, *(container_reading(name, later(seconds)) for name in names), at=later(seconds))


def test_what_an_agent_says_of_a_container_stands_in_its_row(cluster: Cluster) -> None:
    write_containers(cluster, agent_containers(HOST, container_reading(metrics={"mem_cache_bytes": 5.0})), now=later(2))
    one = row()
    assert (one.host, one.agent_id, one.framework_id, one.task_name) == (
        HOST,
        f"id-of-{HOST}",
        "id-of-marathon",
        "task-of-c1",
    )
    assert (one.cpus_limit, one.mem_used_bytes, one.mem_limit_bytes) == (2, 100 * MIB, GIB)
    assert (one.mem_cached_bytes, one.disk_used_bytes, one.disk_limit_bytes) == (5, 10 * MIB, GIB)
    assert (one.first_seen, one.listed_at, one.measured_at, one.ended_at) == (later(2), later(2), NOON, None)
    assert (one.cpus_used, one.throttled_ratio, one.route) == (None, None, "operator-api")


def test_a_container_has_the_name_of_its_framework_though_its_agent_tells_only_the_id(cluster: Cluster) -> None:
    builders.write(cluster, builders.summary(NOON, builders.agent(), frameworks=(builders.framework("marathon"),)))
    write_containers(cluster, agent_containers("10.0.0.1", container_reading("c1")))
    assert Container.objects.get().framework_name == "marathon"


def test_labels_are_kept_as_they_were_said_last(cluster: Cluster) -> None:
    for seconds, labels in ((0, {"team": "a", "tier": "1"}), (60, {"team": "b"})):
        write_containers(cluster, agent_containers(HOST, container_reading(at=later(seconds), labels=labels)))
    assert row().labels == {"team": "b"}


def test_a_rate_is_the_rise_over_the_time_between_the_samples(cluster: Cluster) -> None:
    traffic = {"net_rx_bytes": 0.0, "net_tx_bytes": 500.0, **BLKIO}
    write_containers(cluster, agent_containers(HOST, container_reading(metrics=traffic)))
    grown = {"net_rx_bytes": 5000.0, "net_tx_bytes": 500.0, "blkio_read_bytes": 100.0, "blkio_write_bytes": 50.0}
    write_containers(cluster, agent_containers(HOST, container_reading(at=later(50), metrics=grown)), now=later(60))
    one = row()
    assert [one.cpus_used, one.throttled_ratio] == pytest.approx([0.5, 0.1])
    assert (one.in_bytes_per_second, one.out_bytes_per_second) == (100, 0)
    assert (one.read_bytes_per_second, one.write_bytes_per_second) == (2, 1)


def test_a_reading_holds_what_was_measured_and_what_follows_from_it(cluster: Cluster) -> None:
    write_containers(cluster, ids("c1"))
    write_containers(cluster, ids("c1", seconds=50), now=later(65))
    said = values(tick_seconds=60)
    assert [said["cpus_user_time_secs"], said["cpus_used"]] == pytest.approx([0.4 * 3650, 0.5])
    assert (said["mem_used_bytes"], said["mem_rss_bytes"], said["sample.age_seconds"]) == (100 * MIB, 100 * MIB, 10)
    assert said["net_rx_bytes"] != said["net_rx_bytes"]
    assert values()["cpus_used"] != values()["cpus_used"]


def test_a_container_stands_below_the_machine_it_runs_on(cluster: Cluster) -> None:
    write_machines(cluster, builders.host_metrics(HOST))
    write_containers(cluster, ids("c1"))
    one = Subject.objects.get(kind="container")
    assert (one.key, one.name, one.parent and one.parent.key) == (f"{HOST}/c1", "task-of-c1", HOST)
    assert Subject.objects.filter(kind="host").count() == 1


@pytest.mark.parametrize(
    ("metrics", "used"),
    [
        ({"mem_total_bytes": 300.0, "mem_cache_bytes": 200.0}, 100 * MIB),
        ({"mem_rss_bytes": None, "mem_total_bytes": 300.0, "mem_cache_bytes": 200.0}, 100),
        ({"mem_rss_bytes": None, "mem_total_bytes": 300.0}, None),
    ],
)
def test_memory_in_use_is_without_file_cache_or_not_known(
    cluster: Cluster, metrics: dict[str, float], used: float | None
) -> None:
    write_containers(cluster, agent_containers(HOST, container_reading(metrics=metrics)))
    assert row().mem_used_bytes == used


def test_a_counter_reset_is_a_gap_not_a_dip(cluster: Cluster) -> None:
    write_containers(cluster, agent_containers(HOST, container_reading(metrics={"net_rx_bytes": 900.0})))
    write_containers(cluster, agent_containers(HOST, container_reading(at=later(60), metrics={"net_rx_bytes": 10.0})))
    assert (row().cpus_used, row().in_bytes_per_second) == (None, None)
    assert values(tick_seconds=60)["cpus_used"] != values(tick_seconds=60)["cpus_used"]
    write_containers(cluster, agent_containers(HOST, container_reading(at=later(120), metrics={"net_rx_bytes": 70.0})))
    assert [row().cpus_used, row().in_bytes_per_second] == pytest.approx([0.5, 1])


def test_over_a_long_silence_and_with_a_clock_set_back_there_is_no_rate(cluster: Cluster) -> None:
    write_containers(cluster, ids("c1"))
    write_containers(cluster, ids("c1", seconds=301))
    assert row().cpus_used is None
    write_containers(cluster, ids("c1", seconds=250), now=later(360))
    assert (row().cpus_used, ticks()) == (None, [0, 300, 360])


def test_one_that_ran_in_no_scheduling_period_was_held_back_in_none(cluster: Cluster) -> None:
    still = {"cpus_nr_periods": 7.0, "cpus_nr_throttled": 2.0}
    for seconds in (0, 60):
        write_containers(cluster, agent_containers(HOST, container_reading(at=later(seconds), metrics=still)))
    assert row().throttled_ratio == 0


def test_the_same_sample_again_is_absent_and_the_figures_stay(cluster: Cluster) -> None:
    for seconds in (0, 60):
        write_containers(cluster, ids("c1", seconds=seconds))
    write_containers(cluster, ids("c1", seconds=60), now=later(120))
    assert ticks() == [0, 60]
    assert (row().measured_at, row().listed_at) == (later(60), later(120))
    assert row().cpus_used == pytest.approx(0.5)


def test_a_container_that_is_not_measured_yet_is_listed_with_nothing(cluster: Cluster) -> None:
    bare = msgspec.structs.replace(container_reading(), values=NOTHING_MEASURED)
    write_containers(cluster, agent_containers(HOST, bare))
    assert (row().mem_used_bytes, row().ended_at, ticks()) == (None, None, [])
    write_containers(cluster, ids("c1", seconds=60))
    bare = msgspec.structs.replace(bare, taken_at=later(120))
    write_containers(cluster, agent_containers(HOST, bare))
    assert (row().mem_used_bytes, row().measured_at, row().listed_at) == (100 * MIB, later(60), later(120))


def test_a_repeated_poll_changes_nothing(cluster: Cluster) -> None:
    write_containers(cluster, ids("c1"), now=later(2))
    before = list(Reading.objects.order_by("subject").values_list("tick", "subject", "data"))
    write_containers(cluster, ids("c1"), now=later(4))
    assert list(Reading.objects.order_by("subject").values_list("tick", "subject", "data")) == before


def test_a_container_that_its_agent_no_longer_lists_has_ended(cluster: Cluster) -> None:
    write_containers(cluster, ids("c1", "c2"))
    write_containers(cluster, ids("c2", seconds=60), now=later(61))
    assert running() == ["c2"]
    assert (row("c1").ended_at, row("c1").listed_at, row("c1").mem_used_bytes) == (later(61), NOON, 100 * MIB)
    write_containers(cluster, ids("c2", seconds=120))
    assert row("c1").ended_at == later(61)


def test_an_agent_without_containers_has_ended_them_all(cluster: Cluster) -> None:
    write_containers(cluster, ids("c1", "c2"))
    write_containers(cluster, agent_containers(HOST, at=later(60)))
    assert running() == []


def test_the_containers_of_a_silent_agent_stay_as_they_were_last_known(cluster: Cluster) -> None:
    write_containers(cluster, ids("c1"), agent_containers("10.0.0.2", container_reading("c2")))
    write_containers(cluster, ids("c1", seconds=60), silent=("10.0.0.2",))
    assert running() == ["c1", "c2"]
    assert (row("c2").listed_at, row("c2").mem_used_bytes) == (NOON, 100 * MIB)


def test_one_that_is_listed_again_runs_again(cluster: Cluster) -> None:
    write_containers(cluster, ids("c1"))
    write_containers(cluster, agent_containers(HOST, at=later(60)))
    write_containers(cluster, ids("c1", seconds=120))
    assert (running(), row().first_seen, row().cpus_used) == (["c1"], NOON, None)


def test_an_id_on_another_host_is_another_container(cluster: Cluster) -> None:
    write_containers(cluster, ids("c1"))
    write_containers(cluster, agent_containers("10.0.0.2", container_reading("c1", later(60))))
    assert set(Container.objects.values_list("host", "ended_at")) == {(HOST, None), ("10.0.0.2", None)}
    assert set(Subject.objects.filter(kind="container").values_list("key", flat=True)) == {f"{HOST}/c1", "10.0.0.2/c1"}


def test_a_partial_answer_ends_nobody_for_ten_minutes(cluster: Cluster) -> None:
    write_containers(cluster, ids("c1", "c2"))
    for seconds in (60, 600):
        write_containers(cluster, ids("c1", seconds=seconds), dropped={"container: more than 500 on one agent": 1})
    assert running() == ["c1", "c2"]
    write_containers(cluster, ids("c1", seconds=660), dropped={"container: more than 500 on one agent": 1})
    assert running() == ["c1"]


def test_what_is_dropped_of_a_container_s_numbers_leaves_the_list_whole(cluster: Cluster) -> None:
    write_containers(cluster, ids("c1", "c2"))
    write_containers(cluster, ids("c1", seconds=60), dropped={"value: not a number": 3})
    assert running() == ["c1"]


def test_only_the_agent_that_left_some_out_is_waited_for() -> None:
    nodes = (
        NodeOutcome(host="10.0.0.1", outcome=Outcome.PARTIAL, detail="2 of 9 containers did not answer"),
        NodeOutcome(host="10.0.0.2", outcome=Outcome.OK),
    )
    assert containers.partial_hosts(Harvest(records=(), nodes=nodes)) == {"10.0.0.1"}


def test_an_entry_that_cannot_be_read_makes_the_answer_partial() -> None:
    """The reason is the collectors' own words, so theirs is what is asked."""
    dropped: Counter[str] = Counter()
    body = b'{"get_containers": {"containers": [{"container_id": 7}]}}'
    assert of_operator_api(body, dropped, answered_at=NOON) == []
    brought = Harvest(records=(), nodes=(NodeOutcome(host=HOST, outcome=Outcome.OK),), dropped=dropped)
    assert containers.partial_hosts(brought) == {HOST}


def test_a_way_that_tells_roots_only_ends_no_nested_ones(cluster: Cluster) -> None:
    nested = container_reading("n1", parent_id="c1")
    write_containers(cluster, agent_containers(HOST, container_reading("c1"), container_reading("c2"), nested))
    roots = agent_containers(HOST, container_reading("c1", later(60)), route="containers", partial="no nested ones")
    write_containers(cluster, roots)
    assert running() == ["c1", "n1"]


def test_one_that_the_metrics_service_has_no_figures_of_has_not_ended_by_that(cluster: Cluster) -> None:
    found = []
    for seconds, names in ((0, ("c1", "c2")), (60, ("c1",)), (660, ("c1",))):
        said = (container_reading(name, later(seconds)) for name in names)
        write_containers(cluster, agent_containers(HOST, *said, at=later(seconds), route="dcos-metrics"))
        found.append(running())
    assert found == [["c1", "c2"], ["c1", "c2"], ["c1"]]


def test_what_a_replaced_agent_ran_has_ended(cluster: Cluster) -> None:
    builders.write(cluster, summary(NOON, agent(HOST, agent_id="S1")))
    write_containers(cluster, agent_containers(HOST, container_reading("c1"), agent_id="S1"))
    builders.write(cluster, summary(later(60), agent(HOST, agent_id="S2")))
    write_containers(cluster, agent_containers(HOST, container_reading("c2", later(60)), agent_id="S2"))
    assert running() == ["c2"]


def test_of_two_agents_on_one_host_neither_ends_what_the_other_runs(cluster: Cluster) -> None:
    builders.write(cluster, summary(NOON, agent(HOST, agent_id="S1"), agent(HOST, agent_id="S2", port=5052)))
    for seconds in (0, 60):
        for name in ("S1", "S2"):
            said = container_reading(f"c{name}", later(seconds))
            write_containers(cluster, agent_containers(HOST, said, agent_id=name))
    assert running() == ["cS1", "cS2"]


def test_two_of_one_host_with_one_id_are_one_and_the_root_stands(cluster: Cluster) -> None:
    nested = container_reading("c1", parent_id="c2", task_name="check")
    stood = write_containers(cluster, agent_containers(HOST, nested, container_reading("c1"), container_reading("c2")))
    assert (row("c1").parent_id, dict(stood.dropped)) == ("", {"container: another one of its host has its id": 1})


@pytest.mark.parametrize(("seconds", "words"), [(11 * 60, "11 min ahead"), (-2.5 * HOUR, "2.5 h old")])
def test_a_clock_far_off_is_refused_counted_and_told(cluster: Cluster, seconds: float, words: str) -> None:
    off = agent_containers(HOST, container_reading("c1", later(seconds)))
    stood = write_containers(cluster, off, agent_containers("10.0.0.2", container_reading("c2")), now=NOON)
    assert running() == ["c2"]
    assert (stood.outcome, sum(stood.dropped.values())) == (Outcome.PARTIAL, 1)
    told = Collection.objects.get(source="containers", host=HOST)
    assert told.outcome == Outcome.SKEWED and words in told.detail


@pytest.mark.parametrize(("seconds", "known"), [(360, True), (720, True), (1080, False)])
def test_agents_that_are_asked_less_often_have_rates_all_the_same(cluster: Cluster, seconds: int, known: bool) -> None:
    for at in (NOON, later(seconds)):
        poll = Poll(cluster=cluster, source="containers", due_at=at, period_seconds=360)
        said = agent_containers(HOST, container_reading("c1", at), at=at)
        containers.write(Writing(cluster=cluster, tick=int(at.timestamp()), now=at, poll=poll), [said])
    assert row().cpus_used == (pytest.approx(0.5) if known else None)


def test_past_the_budget_the_newest_are_refused_and_counted(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_rows, "MOST_RUNNING", 3)
    write_containers(cluster, ids("c1", "c2"))
    stood = write_containers(cluster, ids("a1", "c1", "a2", "c2", seconds=60))
    assert running() == ["a1", "c1", "c2"]
    assert dict(stood.dropped) == {"container: over 3 of one cluster": 1}
    assert "over 3 of one cluster" in Collection.objects.get(source="containers", host="").detail
    assert not Subject.objects.filter(key=f"{HOST}/a2").exists()


def test_a_cluster_of_short_lived_containers_is_bounded_too(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container_rows, "MOST_KEPT", 4)
    write_containers(cluster, ids("c1", "c2", "c3"))
    write_containers(cluster, ids("d1", "d2", seconds=60))
    assert Container.objects.count() == 4


def test_containers_come_and_go_without_events(cluster: Cluster) -> None:
    write_containers(cluster, ids("c1"))
    write_containers(cluster, ids("c2", seconds=60))
    assert not Event.objects.exists()


def test_each_node_is_as_old_as_its_own_containers(cluster: Cluster) -> None:
    ages = {"10.0.0.1": -300, "10.0.0.2": -40, "10.0.0.3": -20}
    said = [agent_containers(host, container_reading("c", later(age))) for host, age in ages.items()]
    write_containers(cluster, *said, now=NOON)
    sampled = dict(Collection.objects.filter(source="containers").values_list("host", "sample_at"))
    assert sampled == {"": later(-40)} | {host: later(age) for host, age in ages.items()}


def test_an_id_of_any_length_is_a_subject_of_its_own(cluster: Cluster) -> None:
    write_containers(cluster, ids(*("x" * 254 + end for end in "ab")))
    keys = Subject.objects.filter(kind="container").values_list("key", flat=True)
    assert len(set(keys)) == 2 and all(len(key) <= 255 for key in keys)


def test_the_number_of_queries_does_not_grow_with_the_containers(cluster: Cluster) -> None:
    counted = []
    for count in (10, 500):
        for seconds in (0, 60):
            at = later(seconds + 120 * count)
            said = [container_reading(f"c{count}-{place}", at) for place in range(seconds // 60, count)]
            with CaptureQueriesContext(connection) as queries:
                write_containers(cluster, agent_containers(HOST, *said, at=at))
        counted.append(len(queries))
    assert counted[0] == counted[1]
