from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from collectors.errors import Outcome
from dashboard import codec
from dashboard.models import Cluster, Collection, Event, Filesystem, Interface, Layout, Machine, Poll, Reading, Subject
from dashboard.store import machines, retention
from dashboard.store.writing import Writing
from tests import builders
from tests.builders import GIB, NOON, agent, filesystem, host_metrics, interface, later, summary, write_machines

pytestmark = pytest.mark.django_db

HOUR = 3600.0


@pytest.fixture
def cluster() -> Cluster:
    return builders.cluster()


def values(kind: str, key: str, tick_seconds: float = 0) -> dict[str, float]:
    """The reading of a subject at a tick after NOON, by name."""
    tick = int(later(tick_seconds).timestamp())
    row = Reading.objects.get(subject__kind=kind, subject__key=key, tick=tick)
    names = Layout.objects.get(pk=row.layout_id).names
    return dict(zip(names, codec.unpack([bytes(row.data)], width=len(names))[0].tolist(), strict=True))


def ticks(kind: str, key: str) -> list[float]:
    """Ticks of a subject's readings, seconds after NOON."""
    found = Reading.objects.filter(subject__kind=kind, subject__key=key).order_by("tick")
    return [tick - NOON.timestamp() for tick in found.values_list("tick", flat=True)]


def traffic() -> tuple[float | None, float | None]:
    row = Interface.objects.get()
    return row.in_bytes_per_second, row.out_bytes_per_second


def test_what_a_machine_says_stands_in_its_row(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics())
    row = Machine.objects.get()
    assert (row.cores, row.cpu_used_ratio, row.cpu_wait_ratio, row.load_1min) == (4, 0.25, 0.01, 1.5)
    assert (row.mem_used_bytes, row.mem_cached_bytes) == (2 * GIB, 3 * GIB)
    assert (row.fullest_path, row.fullest_used_ratio) == ("/", 30 / 90)
    assert (row.measured_at, row.role, row.agent_id) == (NOON, "agent", "id-of-10.0.0.1")


def test_a_machine_a_filesystem_and_an_interface_each_leave_a_reading(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics(at=later(-20)), now=later(5))
    host = values("host", "10.0.0.1")
    assert (host["cpu.total"], host["cpus_used"], host["mem_used_bytes"]) == (25, 1, 2 * GIB)
    assert (host["disk_used_bytes"], host["disk_total_bytes"], host["sample.age_seconds"]) == (30 * GIB, 100 * GIB, 20)
    assert values("filesystem", "10.0.0.1|/")["used_bytes"] == 30 * GIB
    assert values("interface", "10.0.0.1|eth0")["in_bytes"] == 1e6
    parents = Subject.objects.exclude(parent=None).values_list("parent__kind", "parent__key")
    assert list(parents) == [("host", "10.0.0.1")] * 2


def test_what_a_machine_does_not_tell_is_absent_not_zero(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics(metrics={"memory.cached": None, "cpu.total": None}, filesystems=()))
    row, host = Machine.objects.get(), values("host", "10.0.0.1")
    assert (row.mem_used_bytes, row.cpu_used_ratio, row.fullest_used_ratio) == (None, None, None)
    assert all(host[name] != host[name] for name in ("mem_used_bytes", "cpus_used", "disk_used_bytes"))


def test_where_a_machine_does_not_tell_its_cores_those_it_gives_to_mesos_stand_in(cluster: Cluster) -> None:
    builders.write(cluster, summary(NOON, agent("10.0.0.1")))
    write_machines(cluster, host_metrics(generation="telegraf", metrics={"cpu.cores": None}))
    assert Machine.objects.get().cores == 4
    assert values("host", "10.0.0.1")["cpus_used"] == 1


def test_the_same_sample_again_is_absent_not_repeated(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics())
    write_machines(cluster, host_metrics(), now=later(60))
    assert ticks("host", "10.0.0.1") == ticks("filesystem", "10.0.0.1|/") == [0]
    assert (Machine.objects.get().measured_at, Machine.objects.get().answered_at) == (NOON, later(60))


def test_a_repeated_poll_changes_nothing(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics(), now=later(2))
    before = list(Reading.objects.order_by("subject").values_list("tick", "subject", "data"))
    write_machines(cluster, host_metrics(), now=later(4))
    assert list(Reading.objects.order_by("subject").values_list("tick", "subject", "data")) == before


def test_a_rate_is_the_rise_over_the_time_between_the_samples(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics(interfaces=(interface(in_bytes=0, out_bytes=500),)))
    assert traffic() == (None, None)
    write_machines(cluster, host_metrics(at=later(50), interfaces=(interface(in_bytes=5000, out_bytes=500),)))
    assert traffic() == (100, 0)


def test_a_counter_reset_is_a_gap_not_a_dip(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics(interfaces=(interface(in_bytes=9000, out_bytes=10),)))
    write_machines(cluster, host_metrics(at=later(60), interfaces=(interface(in_bytes=100, out_bytes=600),)))
    assert traffic() == (None, None)
    write_machines(cluster, host_metrics(at=later(120), interfaces=(interface(in_bytes=700, out_bytes=600),)))
    assert traffic() == (10, 0)


@pytest.mark.parametrize(("seconds", "per_second"), [(600, 10.0), (1260, None)])
def test_machines_that_are_asked_every_ten_minutes_have_rates(
    cluster: Cluster, seconds: int, per_second: float | None
) -> None:
    for at, counted in ((NOON, 0.0), (later(seconds), 10.0 * seconds)):
        poll = Poll(cluster=cluster, source="nodes", due_at=at, period_seconds=600)
        said = host_metrics(at=at, interfaces=(interface(in_bytes=counted, out_bytes=0),))
        machines.write(Writing(cluster=cluster, tick=int(at.timestamp()), now=at, poll=poll), [said])
    assert traffic()[0] == per_second


def test_after_a_reboot_there_is_no_rate_even_where_the_counter_rose(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics(metrics={"system.uptime": 20.0}, interfaces=(interface(in_bytes=10),)))
    booted = host_metrics(at=later(60), metrics={"system.uptime": 40.0}, interfaces=(interface(in_bytes=9000),))
    write_machines(cluster, booted)
    assert traffic() == (None, None)


def test_over_a_long_silence_there_is_no_rate(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics())
    write_machines(cluster, host_metrics(at=later(HOUR)))
    assert traffic() == (None, None)


def test_a_clock_set_back_gives_a_reading_and_no_rate(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics(at=later(300)), now=NOON)
    write_machines(cluster, host_metrics(at=later(60)), now=later(60))
    assert (ticks("host", "10.0.0.1"), traffic()) == ([0, 60], (None, None))


@pytest.mark.parametrize(("seconds", "words"), [(11 * 60, "11 min ahead"), (-2.5 * HOUR, "2.5 h old")])
def test_a_clock_far_off_is_refused_counted_and_told(cluster: Cluster, seconds: float, words: str) -> None:
    stood = write_machines(cluster, host_metrics("10.0.0.1", later(seconds)), host_metrics("10.0.0.2"), now=NOON)
    assert list(Machine.objects.values_list("host", flat=True)) == ["10.0.0.2"]
    assert (stood.outcome, sum(stood.dropped.values())) == (Outcome.PARTIAL, 1)
    told = Collection.objects.get(source="nodes", host="10.0.0.1")
    assert told.outcome == Outcome.SKEWED and words in told.detail


def test_a_clock_some_minutes_ahead_is_kept_with_its_age_below_zero(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics(at=later(300)), now=NOON)
    assert values("host", "10.0.0.1")["sample.age_seconds"] == -300


def test_a_disk_that_appears_has_a_row_and_a_subject_from_then_on(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics())
    grown = (filesystem(), filesystem("/data", used_gib=90, free_gib=10))
    write_machines(cluster, host_metrics(at=later(60), filesystems=grown))
    assert ticks("filesystem", "10.0.0.1|/data") == [60]
    assert Machine.objects.get().fullest_path == "/data"


def test_an_interface_that_goes_leaves_the_present_and_stays_in_the_past(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics(interfaces=(interface("eth0"), interface("eth1"))))
    write_machines(cluster, host_metrics(at=later(60), interfaces=(interface("eth0"),)))
    assert [row.name for row in Interface.objects.all()] == ["eth0"]
    assert ticks("interface", "10.0.0.1|eth1") == [0]


def test_an_answer_cut_short_removes_no_disks(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics())
    write_machines(cluster, host_metrics(at=later(60), filesystems=(), interfaces=()))
    assert (Filesystem.objects.get().measured_at, Interface.objects.get().measured_at) == (NOON, NOON)


def test_disks_past_the_limit_are_counted_and_known_ones_stay(cluster: Cluster) -> None:
    known = [filesystem(f"/z{place:03}") for place in range(machines.MOST_CHILDREN)]
    write_machines(cluster, host_metrics(filesystems=tuple(known)))
    more = (*(filesystem(f"/a{place}") for place in range(3)), *known)
    stood = write_machines(cluster, host_metrics(at=later(60), filesystems=more))
    assert not Filesystem.objects.filter(path__startswith="/a").exists()
    assert dict(stood.dropped) == {"filesystems over 64 of one machine": 3}


def test_a_silent_machine_keeps_its_figures_and_their_age(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics("10.0.0.1"), host_metrics("10.0.0.2"))
    write_machines(cluster, host_metrics("10.0.0.2", later(60)), silent=("10.0.0.1",))
    silent = Machine.objects.get(host="10.0.0.1")
    assert (silent.measured_at, silent.cpu_used_ratio) == (NOON, 0.25)
    assert ticks("host", "10.0.0.1") == [0]


def test_a_path_of_any_length_is_a_subject_of_its_own(cluster: Cluster) -> None:
    long = tuple(filesystem("/" + "x" * 300 + end) for end in "ab")
    write_machines(cluster, host_metrics(filesystems=long))
    keys = Subject.objects.filter(kind="filesystem").values_list("key", flat=True)
    assert len(set(keys)) == 2 and all(len(key) <= 255 for key in keys)


def test_values_are_no_news(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics())
    write_machines(cluster, host_metrics(at=later(60), metrics={"cpu.total": 99.0}))
    assert not Event.objects.exists()


def test_the_number_of_queries_does_not_grow_with_the_machines(cluster: Cluster) -> None:
    counted = []
    for count in (2, 150):
        with CaptureQueriesContext(connection) as queries:
            write_machines(cluster, *(host_metrics(f"10.0.{count}.{place}") for place in range(count)))
        counted.append(len(queries))
    assert counted[1] <= counted[0]  # the first time the layouts are written too


def test_the_source_is_as_old_as_half_of_its_machines_and_each_machine_as_its_own(cluster: Cluster) -> None:
    ages = {"10.0.0.1": -3000, "10.0.0.2": -40, "10.0.0.3": -20}
    write_machines(cluster, *(host_metrics(host, later(age)) for host, age in ages.items()), now=NOON)
    sampled = dict(Collection.objects.filter(source="nodes").values_list("host", "sample_at"))
    assert sampled == {"": later(-40)} | {host: later(age) for host, age in ages.items()}


def test_a_machine_that_is_asked_no_more_is_forgotten_while_the_source_goes_on(cluster: Cluster) -> None:
    write_machines(cluster, host_metrics("10.0.0.1"), host_metrics("10.0.0.2"))
    retention.prune(NOON + timedelta(days=3))
    assert Collection.objects.filter(host="10.0.0.1").exists()  # nobody asked: Day Two was paused
    write_machines(cluster, host_metrics("10.0.0.2", NOON + timedelta(days=3)))
    retention.prune(NOON + timedelta(days=3))
    assert set(Collection.objects.values_list("host", flat=True)) == {"", "10.0.0.2"}
    retention.prune(NOON + timedelta(days=30))
    assert Machine.objects.count() == 2  # nobody was asked since: neither has been replaced
    write_machines(cluster, host_metrics("10.0.0.2", NOON + timedelta(days=8)))
    retention.prune(NOON + timedelta(days=8))
    assert list(Machine.objects.values_list("host", flat=True)) == ["10.0.0.2"]
