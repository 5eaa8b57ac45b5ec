from __future__ import annotations

import pytest

from collectors.flags_said import FLAGS, NAMES, declares_resources


@pytest.mark.parametrize(
    ("resources", "declared"),
    [
        ("cpus:4;mem:2048;disk:10240;ports:[1025-2180,2182-3887]", True),
        ("ports:[31000-32000]; mem(prod):512 ;cpus(*):1.5", True),
        ('[{"name":"cpus","type":"SCALAR","scalar":{"value":4}},{"name" : "mem","type":"SCALAR"}]', True),
        ("ports:[1-21,23-5050,5052-32000]", False),
        ("cpus:4", False),
        ('[{"name":"ports","type":"RANGES"},{"name":"disk","type":"SCALAR","scalar":{"value":9}}]', False),
        ("", False),
    ],
)
def test_resources_are_declared_where_cpu_and_memory_both_are(resources: str, declared: bool) -> None:
    assert declares_resources({"resources": resources}) is declared


def test_an_agent_without_the_flag_has_found_its_resources_out() -> None:
    assert declares_resources({"isolation": "posix/cpu"}) is False


def test_every_spelling_leads_to_a_flag_that_is_kept_and_no_flag_stands_twice() -> None:
    assert set(NAMES.values()) == set(FLAGS)
    assert len(set(FLAGS)) == len(FLAGS) == 25
    assert NAMES["max_slave_ping_timeouts"] == "max_agent_ping_timeouts"
