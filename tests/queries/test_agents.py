from __future__ import annotations

import pytest

from dashboard.queries import agents
from tests import builders
from tests.builders import NOON, agent, summary, write

pytestmark = pytest.mark.django_db


def test_agents_are_in_the_order_of_their_numbers_whatever_they_are_called() -> None:
    cluster = builders.cluster()
    hosts = ["10.0.0.10", "10.0.0.9", "\u00b2.\u00b2.\u00b2.\u00b2", "agent-b"]
    write(cluster, summary(NOON, *map(agent, hosts)))
    listed = [found.node.host for found in agents.listing(cluster)]
    assert listed.index("10.0.0.9") < listed.index("10.0.0.10") and set(listed) == set(hosts)
