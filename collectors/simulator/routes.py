"""Which path gives which answer, at Admin Router and at each Mesos master, as the real ones were seen to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from hmac import compare_digest
from typing import Any

from collectors.simulator import (
    agents,
    container_points,
    flags,
    health,
    hosts,
    marathon,
    marathon_events,
    mesos,
    mesos_events,
    metrics,
    registry,
    roles,
    tasks,
)
from collectors.simulator.answers import Answer, Request, from_json, from_text, page
from collectors.simulator.logins import PREFIX as LOGINS
from collectors.simulator.logins import Logins
from collectors.simulator.state import Moment, World
from collectors.simulator.subscriptions import Subscriptions

ROUTER = "router"
HEALTH = "/system/health/v1"
METRICS = re.compile(
    r"/system/v1(?P<whose>/agent/[0-9a-zA-Z-]+|/leader/mesos|)/metrics/v0/(?P<what>node|ping|containers(?:/.*)?)"
)
VERSION_PATH = "/dcos-metadata/dcos-version.json"
REGISTRY = "/registrar(1)/registry"
MARATHON = re.compile(r"/(?:service/)?marathon(?P<path>/.*)")
OPERATOR_API = "/api/v1"
MASTER_OWN = ("/metrics/snapshot", "/version", "/health", "/flags", REGISTRY)
LEADER_ONLY: dict[str, Callable[[Moment], dict[str, Any]]] = {
    "/state-summary": mesos.state_summary,
    "/slaves": mesos.slaves,
    "/roles": roles.roles,
}


class Routes:
    """Answers for one world; `clock` gives the present, in seconds since 1970. Without token and logins it asks for none."""

    def __init__(
        self,
        world: World,
        clock: Callable[[], float],
        *,
        token: str = "",
        generation: str = hosts.DCOS_METRICS,
        marathon_generation: str = marathon.LATEST,
        logins: Logins | None = None,
    ) -> None:
        self.world, self.clock, self.token, self.generation = world, clock, token, generation
        self.logins, self.marathon_generation = logins, marathon_generation
        self._agents = frozenset(agent.host for agent in world.plan.agents)
        self._pull: health.Pull | None = None
        self._subscriptions = Subscriptions(world, clock)

    def answer(self, request: Request) -> Answer:
        if request.listener == ROUTER and request.path.startswith(LOGINS):
            return self.logins.answer(request) if self.logins else page(404)
        if agent := self._agent(request):
            return agent
        is_call = request.method == "POST" and request.path in (OPERATOR_API, f"/mesos{OPERATOR_API}")
        if request.method not in ("GET", "HEAD") and not is_call:
            return from_text(405, f"Expecting one of {{ 'GET' }}, but received '{request.method}'")
        if request.listener == ROUTER:
            return self._router(request)
        return self._master(request.listener, request, request.path, self.world.at(self.clock()))

    def _router(self, request: Request) -> Answer:
        path = request.path
        if path == VERSION_PATH:
            return from_json(
                {
                    "version": health.DCOS_VERSION,
                    "dcos-variant": "open",
                    "dcos-image-commit": "0" * 40,
                    "bootstrap-id": "0" * 40,
                }
            )
        if not self._admits(request):
            return page(401, ("WWW-Authenticate", "oauthjwt"))
        if path.startswith("/mesos/"):
            return self._through_to_leader(request, path.removeprefix("/mesos"))
        if own := MARATHON.fullmatch(path):
            if own["path"] == marathon_events.PATH:
                return self._subscriptions.of_marathon(request)
            return marathon.answer(self.world, self.clock(), own["path"], generation=self.marathon_generation)
        if path == HEALTH or path.startswith(f"{HEALTH}/"):
            return self._health(path.removeprefix(HEALTH))
        if metrics_path := METRICS.fullmatch(path):
            return self._machine(metrics_path["whose"], metrics_path["what"])
        return page(404)

    def _agent(self, request: Request) -> Answer | None:
        """The answer of the Mesos agent that was asked, which knows its own methods; None where none was."""
        if request.listener in self._agents:
            return agents.at_own_port(self.world, self.clock(), request)
        through = agents.THROUGH_ROUTER.fullmatch(request.path) if request.listener == ROUTER else None
        if through is None:
            return None
        if not self._admits(request):
            return page(401, ("WWW-Authenticate", "oauthjwt"))
        return agents.through_router(self.world, self.clock(), request, *through.groups())

    def _machine(self, whose: str, what: str) -> Answer:
        """A machine's own metrics, an agent's by its id; from a machine that is off comes the proxy's page."""
        at = self.clock()
        try:
            host = hosts.host_of(self.world, at, whose)
        except KeyError as unknown:
            return from_text(404, f"404 Not Found: agent `{unknown.args[0]}` unknown.")
        if host is None or not hosts.is_on(self.world, at, host):
            return page(502)
        if what.startswith("containers"):
            agent = next((agent for agent in self.world.plan.agents if agent.host == host), None)
            return container_points.answer(self.world, agent, at, what, generation=self.generation)
        is_ping = what == "ping"
        body = hosts.ping(at) if is_ping else hosts.machine_at(self.world, at, host, generation=self.generation)
        if body is None:
            return Answer(204)
        return replace(from_json(body), headers=(("Content-Type", "application/json; charset=UTF-8"),))

    def _admits(self, request: Request) -> bool:
        scheme, _, given = request.headers.get("authorization", "").replace(" ", "=", 1).partition("=")
        if scheme not in ("token", "Bearer"):
            return not (self.token or self.logins)
        fixed = bool(self.token) and compare_digest(given.encode(), self.token.encode())
        return fixed or (self.logins.admits(given) if self.logins else not self.token)

    def _through_to_leader(self, request: Request, path: str) -> Answer:
        """Admin Router asks `leader.mesos`; that name still points to the last leader when there is none."""
        moment = self.world.at(self.clock())
        reign = moment.timeline.reign(moment.at)
        if reign is None or moment.timeline.started_at(reign.host, moment.at) is None:
            return page(502)
        return self._master(reign.host, request, path, moment)

    def _master(self, host: str, request: Request, path: str, moment: Moment) -> Answer:
        short = path.removeprefix("/master")
        if short in MASTER_OWN:
            return self._own(host, short, moment)
        if short not in ("/redirect", OPERATOR_API) and short not in LEADER_ONLY:
            return Answer(404)
        leads = moment.leader is not None and moment.leader.host == host
        leader = host if leads else moment.known_leader
        if leader is None or (leader == host and not leads):
            return from_text(503, "No leader elected")
        if short == "/redirect":
            return Answer(307, (("Location", f"//{leader}:{mesos.PORT}"),))
        if not leads:
            below = short if short == OPERATOR_API else f"/master{short}"
            return Answer(307, (("Location", f"//{leader}:{mesos.PORT}{below}"),))
        if short == OPERATOR_API:
            return self._call(moment, request.body)
        return from_json(LEADER_ONLY[short](moment))

    def _call(self, moment: Moment, body: bytes) -> Answer:
        try:
            call = tasks.call_of(body)
        except ValueError as wrong:
            return from_text(400, str(wrong))
        if call.get("type") != mesos_events.CALL:
            return tasks.operator_api(self.world, moment, call)
        return self._subscriptions.of_master()

    def _own(self, host: str, path: str, moment: Moment) -> Answer:
        if path == "/health":
            return Answer(200)
        if path == "/version":
            return from_json(mesos.version())
        master = next(master for master in moment.plan.masters if master.host == host)
        if path == "/flags":
            return from_json(flags.of_master(master, moment.plan, moment.timeline.timing))
        if path == REGISTRY:
            return from_json(registry.registry(moment) if moment.leader is master else {})
        return from_json(metrics.snapshot(moment, master))

    def _health(self, path: str) -> Answer:
        pull = self._last_pull()
        if path == "":
            return from_json(pull.node_view(next(iter(pull.nodes.values()))))
        modified = ("Last-Modified-3dt", pull.last_modified)
        if path in ("/report", "/report/download"):
            disposition = ("Content-disposition", "attachment; filename=health-report.json")
            headers = (modified, disposition) if path.endswith("download") else (modified,)
            return Answer(200, (("Content-Type", "application/json"), *headers), health.encoded_report(pull))
        for pattern, found in HEALTH_ROUTES:
            if match := pattern.fullmatch(path):
                try:
                    return from_json(found(pull, *match.groups()), modified)
                except KeyError as missing:
                    return from_text(404, f"{missing.args[0]} not found\n", modified)
        return page(404)

    def _last_pull(self) -> health.Pull:
        """One pull serves all readers until the next."""
        at = self.world.pulled_at(self.clock())
        pull = self._pull
        if pull is None or pull.moment.at != at:
            pull = self._pull = health.Pull(self.world.at(at))
        return pull


def _unit_on_node(pull: health.Pull, host: str, unit_id: str) -> dict[str, Any]:
    node = pull.nodes[host]
    unit = next((unit for unit in node.units or () if unit.unit_id == unit_id), None)
    if unit is None:
        raise KeyError(unit_id)
    return pull.unit_on_node(node, unit, help_text=node.help)


def _node_of_unit(pull: health.Pull, unit_id: str, host: str) -> dict[str, Any]:
    node = next((node for node in pull.units[unit_id][1] if node.host == host), None)
    if node is None:
        raise KeyError(host)
    return node.brief | {"output": node.outputs.get(unit_id, ""), "help": node.help}


HEALTH_ROUTES: tuple[tuple[re.Pattern[str], Callable[..., dict[str, Any]]], ...] = (
    (re.compile("/units"), lambda pull: {"units": [pull.unit(unit_id) for unit_id in pull.units]}),
    (re.compile("/units/([^/]+)"), lambda pull, unit: pull.unit(unit)),
    (re.compile("/units/([^/]+)/nodes"), lambda pull, unit: {"nodes": [n.brief for n in pull.units[unit][1]]}),
    (re.compile("/units/([^/]+)/nodes/([^/]+)"), _node_of_unit),
    (re.compile("/nodes"), lambda pull: {"nodes": [node.brief for node in pull.nodes.values()]}),
    (re.compile("/nodes/([^/]+)"), lambda pull, host: pull.nodes[host].brief),
    (re.compile("/nodes/([^/]+)/units"), lambda pull, host: pull.units_of_node(pull.nodes[host])),
    (re.compile("/nodes/([^/]+)/units/([^/]+)"), _unit_on_node),
)
