from __future__ import annotations

import shlex

import pytest

from dashboard.looking_further import commands, kind_in_words


def test_an_agent_is_reached_by_its_mesos_id_and_a_master_by_its_address() -> None:
    agent = commands("dcos-net.service", host="10.0.0.1", agent_id="a1-S3").splitlines()
    master = commands("dcos-net.service", host="10.0.0.101", agent_id="").splitlines()
    assert agent[0] == "dcos node ssh --master-proxy --mesos-id=a1-S3"
    assert master[0] == "dcos node ssh --master-proxy --private-ip=10.0.0.101"
    assert agent[2].startswith("journalctl -u dcos-net.service")


@pytest.mark.parametrize("hostile", ["; rm -rf /", "$(reboot)", "`reboot`", "a' b", "x\nreboot", "-h"])
def test_a_hostile_name_is_one_word_of_the_command(hostile: str) -> None:
    words = shlex.split(commands(hostile, host=hostile, agent_id=""))
    assert words.count(hostile) == 2 and f"--private-ip={hostile}" in words
    assert len(words) == 5 + 4 + 5


@pytest.mark.parametrize(
    ("unit", "begins"),
    [("dcos-net.service", "A service"), ("dcos-logrotate.timer", "A timer"), ("dcos-diagnostics.socket", "A socket")],
)
def test_each_kind_of_unit_is_explained(unit: str, begins: str) -> None:
    assert kind_in_words(unit).startswith(begins)


def test_an_unknown_kind_is_not_explained() -> None:
    assert kind_in_words("dcos-net") == "" and kind_in_words("") == ""
