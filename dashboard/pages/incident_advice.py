"""What to do about each kind of failure, in an operator's words, with the commands to copy. Pure.

Names come from the cluster, so each is quoted for the shell: what is pasted can never be more than the command it looks like.
Documents: `dcos node --help`, `dcos task --help`, journalctl(1), https://mesos.apache.org/documentation/latest/operator-http-api/
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from shlex import quote

from dashboard import applications
from dashboard.models import Cluster, Incident
from dashboard.queries.incident_rows import Row

Kind = Incident.Kind


@dataclass(frozen=True, kw_only=True)
class Advice:
    """One thing to do: `expect` is what follows from it, `where` is above the command; both may be empty."""

    what: str
    expect: str = ""
    where: str = ""
    command: str = ""


def steps(cluster: Cluster, row: Row, agent_id: str) -> list[Advice]:
    """In the order in which to try them. `agent_id` is empty where it is not known."""
    return ADVICE[row.kind](_Case(cluster.kind == Cluster.Kind.DCOS, row.subject, row.name, agent_id))


@dataclass(frozen=True)
class _Case:
    dcos: bool
    subject: str
    name: str
    agent_id: str

    @property
    def shell(self) -> str:
        """How to get onto the host."""
        if not self.dcos:
            return f"ssh {quote(self.subject)}"
        return f"dcos node ssh --master-proxy {quote(f'--private-ip={self.subject}')}"


def _agent(case: _Case) -> list[Advice]:
    unit = "'dcos-mesos-slave*'" if case.dcos else "mesos-slave"
    look = f"{case.shell}\nsystemctl status {unit}\njournalctl -u {unit} --since -1h"
    return [
        Advice(
            what="See why the agent process is silent",
            expect="the host answers, so its log can be read",
            where=f"on {case.subject}",
            command=look,
        ),
        Advice(
            what="Start it again before Mesos gives it up",
            expect="an agent that comes back in time takes up its tasks again, and none is moved",
            where=f"on {case.subject}",
            command=f"sudo systemctl restart {unit}",
        ),
        Advice(
            what="Or let Mesos move its tasks",
            expect="once it is declared lost its schedulers start the tasks elsewhere, where there is room",
        ),
    ]


def _host(case: _Case) -> list[Advice]:
    found = [
        Advice(
            what="See whether the host is up at all",
            expect="no answer here and none from its neighbours: power, kernel or network",
            where="from another host of the same network",
            command=f"ping -c 3 {quote(case.subject)}\n{case.shell}",
        ),
        Advice(
            what="Bring it back, by its console or its provider",
            expect="back before Mesos gives it up, containers that survived go on; after a restart of the host they do not",
            where="once it is back",
            command="last -x | head\njournalctl -b -1 -e",
        ),
    ]
    if case.agent_id:
        found.append(_gone(case))
    return found


def _gone(case: _Case) -> Advice:
    call = f'{{"type":"MARK_AGENT_GONE","mark_agent_gone":{{"agent_id":{{"value":"{case.agent_id}"}}}}}}'
    plain = f"curl -sS -X POST -H 'Content-Type: application/json' -d {quote(call)} http://LEADER:5050/api/v1"
    return Advice(
        what="If it will never come back, say so to Mesos",
        expect="its tasks move at once; an agent marked gone can never register again under this id",
        where="anywhere; only when it is certain",
        command=f"dcos node decommission {quote(case.agent_id)}" if case.dcos else plain,
    )


def _agent_or_host(case: _Case) -> list[Advice]:
    first = Advice(
        what="Find out whether it is the agent or the whole host",
        expect="if the shell opens it is the agent process, else the host or its network",
        where="from your own machine",
        command=case.shell,
    )
    return [first, *_agent(case)[1:], *([_gone(case)] if case.agent_id else [])]


def _master(case: _Case) -> list[Advice]:
    unit = "dcos-mesos-master" if case.dcos else "mesos-master"
    quorum = (
        "curl -sS http://localhost:8181/exhibitor/v1/cluster/status" if case.dcos else "echo srvr | nc localhost 2181"
    )
    return [
        Advice(
            what="See why it stopped or lost its lead",
            expect="running tasks go on meanwhile; nothing new starts while nobody leads",
            where="on the master",
            command=f"systemctl status {unit}\njournalctl -u {unit} --since -1h",
        ),
        Advice(
            what="See whether ZooKeeper has a quorum",
            expect="without one no master can be elected, however many of them run",
            where="on each master",
            command=quorum,
        ),
        Advice(
            what="Wait until agents and frameworks are back before anything else",
            expect="after an election they register with the new leader within a minute or two; counts are low until then",
        ),
    ]


def _scheduler(case: _Case) -> list[Advice]:
    # A name that begins with a dash would be taken for an option.
    name = quote(case.subject if case.name.startswith("-") or not case.name else case.name)
    log = f"dcos service --inactive\ndcos service log {name}" if case.dcos else f"journalctl -u {name} --since -1h"
    return [
        Advice(
            what="See whether the scheduler runs and why it lost Mesos",
            expect="its tasks go on; it starts and replaces none until it is back",
            where="anywhere" if case.dcos else "where it runs",
            command=log,
        ),
        Advice(
            what="Bring it back before its fail-over timeout is over",
            expect="then Mesos ends the framework and kills all of its tasks",
        ),
    ]


def _task(case: _Case) -> list[Advice]:
    app = applications.of_key(case.subject)
    return _app(case, app[1]) if app else _tasks(case)


def _app(case: _Case, app_id: str) -> list[Advice]:
    name = quote(app_id)
    log = f"dcos marathon app show {name}\ndcos task log --completed --lines=100 TASK stderr"
    own = f"curl -sS {quote(f'http://MARATHON:8080/v2/apps{app_id}?embed=app.lastTaskFailure')}"
    back = f"dcos marathon app version list {name}\ndcos marathon app update {name} < OLD.json"
    return [
        Advice(
            what="Read how its last tasks ended: above, and in their own logs",
            expect="one reason for all points to the app; at its memory limit, look at its memory beside it",
            where="anywhere",
            command=log if case.dcos else own,
        ),
        Advice(
            what="If it began with its latest configuration, go back to the one before",
            expect="Marathon launches the old one at once; a deployment that stands still has to be ended first",
            where="anywhere" if case.dcos else "",
            command=back if case.dcos else "",
        ),
        Advice(
            what="See whether its tasks fail on one node or on all",
            expect="on one: the node's disk, memory or network; on all: the app or what it depends on",
        ),
    ]


def _tasks(case: _Case) -> list[Advice]:
    listed = "dcos task --completed\ndcos task log --completed --lines=100 TASK stderr"
    own = "curl -sS 'http://LEADER:5050/tasks?limit=100&order=desc'"
    return [
        Advice(
            what="Find the tasks that failed and read how they ended",
            expect="its scheduler starts them again by itself; many at once point to what they share",
            where="anywhere",
            command=listed if case.dcos else own,
        ),
        Advice(
            what="See whether they failed on one node or on all",
            expect="on one: the node's disk, memory or network; on all: the app's last change",
        ),
    ]


ADVICE: dict[Incident.Kind, Callable[[_Case], list[Advice]]] = {
    Kind.AGENT_PROCESS: _agent,
    Kind.AGENT_OR_HOST: _agent_or_host,
    Kind.HOST: _host,
    Kind.MASTER: _master,
    Kind.SCHEDULER: _scheduler,
    Kind.TASK: _task,
}
