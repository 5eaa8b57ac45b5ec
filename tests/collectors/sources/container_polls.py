"""Polls of the containers source: an Admin Router with a script for each way of asking an agent."""

from __future__ import annotations

import time

from collectors.records import AgentContainers, AgentPlace, Harvest, NodeOutcome, Turn
from collectors.sources.containers import SOURCE
from collectors.target import Kind, Target
from tests.collectors.sources.container_documents import entry, get_containers, message, point, root
from tests.faults import server as fault
from tests.faults.server import FaultServer, Script


def api(host: str) -> str:
    return f"/agent/id-of-{host}/api/v1"


def old(host: str) -> str:
    return f"/agent/id-of-{host}/containers"


def service(host: str, container_id: str = "") -> str:
    path = f"/system/v1/agent/id-of-{host}/metrics/v0/containers"
    return f"{path}/{container_id}" if container_id else path


def told(*ids: str) -> Script:
    numbers = {"timestamp": time.time(), "threads": 3}
    return fault.document(get_containers(*(entry(each, resource_statistics=numbers) for each in ids)))


def told_the_old_way(*ids: str) -> Script:
    return fault.document([root(each, statistics={"timestamp": time.time(), "threads": 3}) for each in ids])


def measured(container_id: str, name: str = "mem.rss") -> Script:
    return fault.document(message(point(name, 5, at=None, container_id=container_id)))


def status(line: str) -> Script:
    return fault.page(line, status=line)


FORBIDDEN, NOT_FOUND = status("403 Forbidden"), fault.NOT_FOUND


def turn(*hosts: str, port: int = 5051) -> Turn:
    places = tuple(AgentPlace(agent_id=f"id-of-{host}", host=host, port=port) for host in hosts)
    return Turn(tick=0, period_seconds=60, agents=places)


def polled(front: FaultServer, *hosts: str) -> Harvest:
    return SOURCE.poll(Target(Kind.DCOS, front.url, token="t0k"), turn(*hosts))


def agents_of(harvest: Harvest) -> dict[str, AgentContainers]:
    return {record.host: record for record in harvest.records if isinstance(record, AgentContainers)}


def fates(harvest: Harvest) -> dict[str, NodeOutcome]:
    return {node.host: node for node in harvest.nodes}


def ids(record: AgentContainers) -> list[str]:
    return [container.container_id for container in record.containers]
