from __future__ import annotations

import json
import math
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.errors import Outcome, PollError
from collectors.metrics import CONTAINER_METRICS
from collectors.sources.container_lists import is_id, of_containers, of_operator_api, task_name
from tests.collectors.sources.container_documents import ALL, NOW, SAMPLED, entry, get_containers, listed, root

NAMES = [metric.name for metric in CONTAINER_METRICS]


def test_both_endpoints_tell_a_root_container_alike() -> None:
    (new,), dropped = listed(get_containers(entry("c1", executor_name="exec")))
    (old,), also_dropped = listed([root("c1", executor_name="exec", source="exec")])
    assert new == old and not dropped and not also_dropped
    assert (new.container_id, new.parent_id, new.pid, new.taken_at) == ("c1", "", 4711, SAMPLED)
    assert (new.framework_id, new.executor_id, new.executor_name) == ("F-0001", "task.c1", "exec")
    assert new.metrics == ALL and new.framework_name == ""


@pytest.mark.parametrize("text", ["", ".", "..", ".\n", "c1\n", "a/b", "a\\b", "a\0b", "a\x7fb", "\ud800", "x" * 256])
def test_what_mesos_would_not_take_as_an_id_is_none(text: str) -> None:
    assert not is_id(text)
    assert is_id("c1") and is_id("..x") and is_id("x" * 255)


@pytest.mark.parametrize("in_status", [True, False])
def test_a_nested_container_has_framework_and_executor_of_its_root(in_status: bool) -> None:
    pod = entry("pod", executor_name="node")
    child = entry("child", parent="pod", in_status=in_status)
    grandchild = entry("check", parent="child", in_status=in_status)
    (_, one, two), dropped = listed(get_containers(pod, child, grandchild))
    assert not dropped
    assert [(each.container_id, each.parent_id) for each in (one, two)] == [("child", "pod"), ("check", "child")]
    assert {(each.framework_id, each.executor_id, each.executor_name) for each in (one, two)} == {
        ("F-0001", "task.pod", "node")
    }
    assert (one.task_name, two.task_name) == ("", "")  # which task it is, this endpoint does not say


def test_a_nested_container_may_stand_before_its_root_and_without_it() -> None:
    (child, _, orphan), _ = listed(
        get_containers(entry("child", parent="pod"), entry("pod"), entry("lost", parent="elsewhere"))
    )
    assert (child.framework_id, orphan.framework_id, orphan.parent_id) == ("F-0001", "", "elsewhere")


def test_containers_that_are_each_others_parents_end_the_search() -> None:
    found, _ = listed(get_containers(entry("a", parent="b"), entry("b", parent="a"), entry("self", parent="self")))
    assert [(each.parent_id, each.framework_id) for each in found] == [("b", ""), ("a", ""), ("self", "")]


def test_a_standalone_container_has_no_framework() -> None:
    alone = {key: value for key, value in entry("alone").items() if not key.startswith(("framework", "executor"))}
    (found,), dropped = listed(get_containers(alone))
    assert (found.framework_id, found.executor_id, found.task_name) == ("", "", "") and not dropped


def test_a_starting_container_is_there_without_numbers() -> None:
    starting = {"container_id": {"value": "c1"}, "framework_id": {"value": "F"}}
    (found,), dropped = listed(get_containers(starting))
    assert (found.metrics, found.pid, found.taken_at) == ({}, None, NOW) and not dropped


@pytest.mark.parametrize(
    ("source", "executor_id", "executor_name", "called"),
    [
        ("web.1", "web.1", "Command Executor (Task: web.1) (Command: sh)", "web.1"),
        ("", "instance-pod.1", "", "instance-pod.1"),
        (None, "web.1", "Command Executor (Task: web.1) (Command: sh)", "web.1"),
        (None, "node__1", "node", "node"),
        (None, None, None, ""),
    ],
)
def test_a_task_is_called_by_its_source_or_by_its_executor(
    source: str | None, executor_id: str | None, executor_name: str | None, called: str
) -> None:
    assert task_name(source, executor_id, executor_name) == called


@pytest.mark.parametrize("document", [get_containers(), []])
def test_an_agent_without_containers_is_an_answer(document: Any) -> None:
    assert listed(document) == ([], Counter())


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"type":"GET_HEALTH","get_health":{}}', b"5", b'{"get_containers":7}']
)
def test_what_is_no_answer_to_the_operator_call_is_refused(body: bytes) -> None:
    with pytest.raises(PollError) as caught:
        of_operator_api(body, Counter(), answered_at=NOW)
    assert caught.value.outcome is Outcome.WRONG_SHAPE


@pytest.mark.parametrize("body", [b"{}", b"null", b'"c1"'])
def test_what_is_no_list_is_refused(body: bytes) -> None:
    with pytest.raises(PollError) as caught:
        of_containers(body, Counter(), answered_at=NOW)
    assert caught.value.outcome is Outcome.WRONG_SHAPE


@pytest.mark.parametrize(
    "bad", ["", ".", "..", "a/b", "a\\b", "a\x00b", "a\r\nb", "a\x7f", "x" * 256], ids=lambda bad: repr(bad[:9])
)
def test_an_id_that_mesos_does_not_allow_is_dropped_and_its_siblings_stay(bad: str) -> None:
    found, dropped = listed(get_containers(entry(bad), entry("good", parent=bad)))
    assert [(each.container_id, each.parent_id) for each in found] == [("good", "")]
    assert dropped == {"container: an id that Mesos does not allow": 1}


@pytest.mark.parametrize("good", ["x" * 255, "a b", "größe", "check-1.2_3:4", "..."])
def test_an_id_that_mesos_allows_is_kept(good: str) -> None:
    assert [each.container_id for each in listed([root(good)])[0]] == [good]


def test_a_container_listed_twice_is_kept_once_and_the_same_id_below_two_parents_is_two() -> None:
    found, dropped = listed(
        get_containers(entry("p1"), entry("p2"), entry("x", parent="p1"), entry("x", parent="p2"), entry("p1"))
    )
    assert [(each.container_id, each.parent_id) for each in found] == [("p1", ""), ("p2", ""), ("x", "p1"), ("x", "p2")]
    assert dropped == {"container: listed twice": 1}


def test_long_and_strange_texts_are_cut_and_made_storable() -> None:
    (found,), _ = listed([root("c1", executor_name="n" * 5000, framework_id="f\x00", source="\ud800" + "s" * 999)])
    assert (len(found.executor_name), found.framework_id, len(found.task_name)) == (255, "f\ufffd", 255)
    assert "\ud800" not in found.task_name


@pytest.mark.parametrize(("pid", "kept"), [(1, 1), (0, None), (-4, None), (2**31, None)])
def test_a_pid_that_is_none_is_not_said(pid: int, kept: int | None) -> None:
    (found,), _ = listed([root("c1", status={"executor_pid": pid})])
    assert found.pid == kept


def test_broken_containers_are_counted_and_the_others_stay() -> None:
    broken: list[Any] = [None, 7, [], {}, {"container_id": {"value": 5}}, entry("x", framework_id="F")]
    odd = entry("odd", container_status=[], resource_statistics="none")
    found, dropped = listed(get_containers(*broken, odd, entry("c1")))
    assert [(each.container_id, bool(each.metrics)) for each in found] == [("odd", False), ("c1", True)]
    assert sum(dropped.values()) == len(broken) + 2


def test_numbers_json_does_not_know_are_absent_and_counted() -> None:
    body = json.dumps(get_containers(entry("c1", resource_statistics={"cpus_limit": math.nan, "threads": 2})))
    dropped: Counter[str] = Counter()
    (found,) = of_operator_api(body.encode(), dropped, answered_at=NOW)
    assert found.metrics == {"threads": 2} and dropped == {"value: not a number": 1}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=4,
)
ID = st.fixed_dictionaries({"value": st.text(max_size=4) | ANYTHING}, optional={"parent": ANYTHING})
OPERATIONS = st.lists(st.fixed_dictionaries({"op": st.sampled_from(["READ", "WRITE"]), "value": ANYTHING}) | ANYTHING)
BLKIO = st.dictionaries(
    st.sampled_from(["cfq", "throttling"]),
    st.lists(
        st.dictionaries(st.sampled_from(["device", "io_serviced", "io_service_bytes"]), OPERATIONS | ANYTHING)
        | ANYTHING,
        max_size=3,
    )
    | ANYTHING,
)
STATISTICS = st.dictionaries(st.sampled_from([*NAMES, "timestamp"]), st.floats() | ANYTHING) | st.fixed_dictionaries(
    {"blkio_statistics": BLKIO | ANYTHING}
)
CONTAINERS = st.fixed_dictionaries(
    {"container_id": ID | st.text(max_size=4) | ANYTHING},
    optional={
        "framework_id": ID | ANYTHING,
        "executor_name": ANYTHING,
        "source": ANYTHING,
        "container_status": st.fixed_dictionaries({"container_id": ID | ANYTHING, "executor_pid": ANYTHING}) | ANYTHING,
        "status": ANYTHING,
        "resource_statistics": STATISTICS | ANYTHING,
        "statistics": STATISTICS | ANYTHING,
    },
)


@given(CONTAINERS | ANYTHING, st.booleans())
def test_whatever_one_container_looks_like_it_costs_at_most_itself(strange: Any, by_operator_api: bool) -> None:
    document = get_containers(strange, entry("good!")) if by_operator_api else [strange, root("good!")]
    found, _ = listed(document)
    assert found[-1].container_id == "good!" and found[-1].metrics == ALL
    assert len(found) <= 2
    for each in found:
        assert set(each.metrics) <= set(NAMES)
        assert all(math.isfinite(value) and value >= 0 for value in each.metrics.values())
        assert NOW - timedelta(hours=2) <= each.taken_at <= NOW + timedelta(minutes=10)
        assert each.container_id and len(each.task_name) <= 255
