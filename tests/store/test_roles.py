from __future__ import annotations

import pytest
from pytest_django.fixtures import DjangoAssertNumQueries

from collectors.records import Bounds, Harvest, Resources
from dashboard.models import Cluster, Layout, Reading, Role, RoleMember, Subject
from dashboard.queries.readings import loaded
from dashboard.queries.window import Window
from tests import builders
from tests.builders import GIB, NOON, later, role, roles, summary, write, write_harvest

pytestmark = pytest.mark.django_db


def reading(name: str, at: float = 0) -> dict[str, float]:
    subject = Subject.objects.get(kind="role", name=name)
    (rows,) = loaded([subject.pk], Window("all", later(at), later(at + 59), 60)).rows(subject.pk)
    ticks, matrix = rows.ticks_and_matrix()
    assert list(ticks) == [int(later(at).timestamp())]
    return dict(zip(rows.layout, matrix[0], strict=True))


def test_the_present_is_a_row_and_the_minute_a_reading() -> None:
    cluster = builders.cluster()
    dev = role("dev", guarantee=Bounds(cpus=4.0), limit=Bounds(mem_bytes=8 * GIB), frameworks=("f1", "f2"), weight=2.0)
    write(cluster, roles(NOON, role("*"), dev))
    row = Role.objects.get(name="dev")
    assert (row.weight, row.cpus_allocated, row.cpus_guarantee, row.mem_limit_bytes) == (2.0, 1.0, 4.0, 8 * GIB)
    assert (row.cpus_limit, row.gpus_guarantee, row.cpus_offered) == (None, None, 0.0)
    assert sorted(row.members.values_list("framework_id", flat=True)) == ["f1", "f2"]
    values = reading("dev")
    assert (values["cpus_allocated"], values["cpus_guarantee"], values["frameworks"]) == (1.0, 4.0, 2.0)


def test_what_is_not_told_is_no_zero_in_row_and_reading() -> None:
    write(builders.cluster(), roles(NOON, role("old", offered=None, reserved=None), role("bare", allocated=None)))
    assert (Role.objects.get(name="old").cpus_offered, Role.objects.get(name="bare").cpus_allocated) == (None, None)
    assert reading("old")["cpus_offered"] != reading("old")["cpus_offered"]
    assert reading("bare")["mem_allocated_bytes"] != reading("bare")["mem_allocated_bytes"]


def test_members_follow_the_list() -> None:
    cluster = builders.cluster()
    write(cluster, roles(NOON, role("dev", frameworks=("f1", "f2")), role("ops", frameworks=("f1",))))
    write(cluster, roles(later(60), role("dev", frameworks=("f2", "f3")), role("ops", frameworks=("f1",))))
    found = RoleMember.objects.values_list("role__name", "framework_id").order_by("role__name", "framework_id")
    assert list(found) == [("dev", "f2"), ("dev", "f3"), ("ops", "f1")]


def test_a_role_that_is_listed_no_more_is_kept_as_it_was_and_may_come_back() -> None:
    cluster = builders.cluster()
    write(cluster, roles(NOON, role("dev"), role("*")))
    write(cluster, roles(later(60), role("*")))
    gone = Role.objects.get(name="dev")
    assert (gone.listed, gone.last_seen, gone.cpus_allocated) == (False, NOON, 1.0)
    write(cluster, roles(later(120), role("dev"), role("*")))
    assert Role.objects.get(name="dev").listed and Role.objects.get(name="dev").first_seen == NOON


def test_a_list_that_could_not_be_read_wholly_takes_nobody_away() -> None:
    cluster = builders.cluster()
    write(cluster, roles(NOON, role("dev"), role("*")))
    partly = Harvest(records=(roles(later(60), role("*")),), dropped={"role: broken": 1})
    write_harvest(cluster, "roles", partly, now=later(60))
    assert Role.objects.get(name="dev").listed


def test_a_new_leader_that_knows_no_framework_yet_takes_nobody_away() -> None:
    cluster = builders.cluster()
    write(cluster, summary(NOON))
    write(cluster, roles(NOON, role("dev"), role("*")))
    write(cluster, summary(later(50), leader_hostname="10.0.0.102"))
    write(cluster, roles(later(60), role("*")))
    assert Role.objects.get(name="dev").listed
    write(cluster, roles(later(120), role("*")))
    assert not Role.objects.get(name="dev").listed


def test_the_same_poll_again_changes_nothing() -> None:
    cluster = builders.cluster()
    for _ in range(2):
        write(cluster, roles(NOON, role("dev", frameworks=("f1",))))
    assert (Role.objects.count(), RoleMember.objects.count(), Reading.objects.count(), Layout.objects.count()) == (
        1,
        1,
        1,
        1,
    )


def test_one_clusters_roles_are_not_anothers() -> None:
    one, other = builders.cluster(), builders.cluster("other")
    write(one, roles(NOON, role("dev")))
    write(other, roles(later(60), role("dev", allocated=Resources(cpus=9))))
    assert Role.objects.get(cluster=one).listed and Role.objects.get(cluster=one).cpus_allocated == 1
    assert Role.objects.get(cluster=other).cpus_allocated == 9


@pytest.mark.parametrize("many", [2, 50])
def test_the_list_costs_the_same_for_any_number_of_roles(
    many: int, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    cluster = builders.cluster()
    listed = [role(f"r{number}", frameworks=(f"f{number}",)) for number in range(many)]
    write(cluster, roles(NOON, *listed))
    with django_assert_max_num_queries(16):
        write(Cluster.objects.get(), roles(later(60), *listed))
