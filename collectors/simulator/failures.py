"""The failures of a real cluster and what operators do to it, on cue.

Each marks the world from now on, and time tells the rest of the story.
"""

from __future__ import annotations

from collectors.simulator.app_cues import AppCues
from collectors.simulator.cues import UnknownCueError
from collectors.simulator.incidents import Kind
from collectors.simulator.stories import exited
from collectors.simulator.units import UNITS

__all__ = ["Failures", "UnknownCueError"]

UNIT_LINES = ("Main process exited, code=exited, status=1/FAILURE", "Unit entered failed state.")


class Failures(AppCues):
    """The cues for one world. Safe to call from any thread."""

    def kill_agent(self, host: str) -> None:
        """Its process dies: inactive at once, gone from the lists after the ping timeout, its tasks unreachable."""
        self._begin(Kind.AGENT_DEAD, self._known(host, self._agents))

    def hang_agent(self, host: str) -> None:
        """Its process stops answering: active until the ping timeout, then unreachable."""
        self._begin(Kind.AGENT_HUNG, self._known(host, self._agents))

    def restart_agent(self, host: str) -> None:
        """A dead or hung agent comes back with its id and its tasks."""
        self._end(host, Kind.AGENT_DEAD, Kind.AGENT_HUNG)

    def kill_node(self, host: str) -> None:
        """The machine is off: agent or master dead, no answer to dcos-diagnostics (health 3, no units) and none of metrics."""
        self._known(host, self._agents + self._masters)
        self._begin(Kind.AGENT_DEAD if host in self._agents else Kind.MASTER_DEAD, host)
        self._begin(Kind.DIAGNOSTICS_SILENT, host)
        self._begin(Kind.MACHINE_OFF, host)

    def restart_node(self, host: str) -> None:
        """It boots: uptime and the interfaces' counters begin again."""
        self._end(host, Kind.AGENT_DEAD, Kind.AGENT_HUNG, Kind.MASTER_DEAD, Kind.DIAGNOSTICS_SILENT, Kind.MACHINE_OFF)

    def kill_leader(self) -> str:
        """The leading master dies; the next one leads after the election, with no agents at first. Returns who died."""
        leader = self._world.at(self._clock()).leader
        if leader is None:
            raise UnknownCueError("nobody leads now, so no leader can be killed")
        self.stop_master(leader.host)
        return leader.host

    def stop_master(self, host: str) -> None:
        """Its port refuses connections until `restart_master`."""
        self._begin(Kind.MASTER_DEAD, self._known(host, self._masters))

    def restart_master(self, host: str) -> None:
        self._end(host, Kind.MASTER_DEAD)

    def zookeeper_hang(self) -> None:
        """After the session's end the leader exits and is started again by systemd, and nobody leads."""
        self._begin(Kind.ZOOKEEPER_HUNG, "")

    def zookeeper_back(self) -> None:
        self._end("", Kind.ZOOKEEPER_HUNG)

    def stop_diagnostics(self, host: str) -> None:
        """dcos-diagnostics refuses on this node: from the next pull on, health 3 and no units."""
        self._begin(Kind.DIAGNOSTICS_SILENT, self._known(host, self._agents + self._masters))

    def hang_diagnostics(self, host: str) -> None:
        """dcos-diagnostics hangs on this node; who reads the report cannot tell this from a stopped one."""
        self.stop_diagnostics(host)

    def start_diagnostics(self, host: str) -> None:
        self._end(host, Kind.DIAGNOSTICS_SILENT)

    def break_unit(self, unit: str, host: str, output: str = "") -> None:
        """One unit is unhealthy on one node, from the next pull on."""
        self._known(host, self._agents + self._masters)
        if unit not in {each.unit_id for each in UNITS}:
            raise UnknownCueError(f"no unit {unit} in this cluster")
        now = self._clock()
        self._end(host, Kind.UNIT_BROKEN, unit=unit)
        self._begin(Kind.UNIT_BROKEN, host, unit=unit, output=output or exited(unit, now, UNIT_LINES))

    def mend_unit(self, unit: str, host: str) -> None:
        self._end(host, Kind.UNIT_BROKEN, unit=unit)

    def drain_agent(self, host: str) -> None:
        """It gets no more offers, and its tasks are asked to end within an hour."""
        self._begin(Kind.AGENT_DRAINING, self._known(host, self._agents))

    def deactivate_agent(self, host: str) -> None:
        """It gets no more offers; what runs there goes on."""
        self._begin(Kind.AGENT_DEACTIVATED, self._known(host, self._agents))

    def reactivate_agent(self, host: str) -> None:
        self._end(host, Kind.AGENT_DRAINING, Kind.AGENT_DEACTIVATED)

    def mark_agent_gone(self, host: str) -> None:
        """For ever, whether it lives or not: its process is told to end, its tasks are gone, the registry names it."""
        self._begin(Kind.AGENT_GONE, self._known(host, self._agents))
        self._begin(Kind.AGENT_DEAD, host)

    def schedule_maintenance(self, host: str, in_seconds: float | str = 600, seconds: float | str = 3600) -> None:
        """The registry has its machine in a window from then on; nothing else changes yet."""
        begins_at = self._clock() + float(in_seconds)
        self._end(host, Kind.MAINTENANCE)
        self._begin(Kind.MAINTENANCE, self._known(host, self._agents), window=(begins_at, begins_at + float(seconds)))

    def start_maintenance(self, host: str) -> None:
        """Its machine is taken down, which has to be scheduled: its agent is told to end and left out of the lists at once."""
        if self._world.timeline.broken(Kind.MAINTENANCE, host, self._clock()) is None:
            raise UnknownCueError(f"no maintenance of {host} is scheduled")
        self._begin(Kind.MACHINE_DOWN, host)
        self._begin(Kind.AGENT_DEAD, host)

    def end_maintenance(self, host: str) -> None:
        """Its machine is up again and in no schedule; an agent that had been told to end begins again."""
        now = self._clock()
        was_down = self._world.timeline.broken(Kind.MACHINE_DOWN, host, now) is not None
        self._end(host, Kind.MAINTENANCE, Kind.MACHINE_DOWN, *((Kind.AGENT_DEAD,) if was_down else ()))

    def disconnect_framework(self, name: str) -> None:
        """Its scheduler is away; its tasks go on."""
        self._begin(Kind.FRAMEWORK_AWAY, self._known(name, self._frameworks))

    def reconnect_framework(self, name: str) -> None:
        self._end(name, Kind.FRAMEWORK_AWAY)

    def tear_down_framework(self, name: str) -> None:
        """It completes: it is in no list any more and none of its tasks runs."""
        self._begin(Kind.FRAMEWORK_ENDED, self._known(name, self._frameworks))

    def register_framework(self, name: str) -> None:
        """One that was torn down comes back, with its id."""
        self._end(name, Kind.FRAMEWORK_ENDED)

    def fail_tasks(self, name: str, per_hour: float | str = 600) -> None:
        """Tasks of a framework fail at this rate, and others take their places."""
        self._end(name, Kind.TASKS_FAILING)
        self._begin(Kind.TASKS_FAILING, self._known(name, self._frameworks), per_hour=float(per_hour))

    def stop_failing_tasks(self, name: str) -> None:
        self._end(name, Kind.TASKS_FAILING)

    def cue(self, name: str, /, **details: str) -> None:
        """The failure of that name, as the control endpoint asks for it."""
        known = {each for each in dir(Failures) if not each.startswith("_")} - {"cue"}
        if name not in known:
            raise UnknownCueError(f"no failure {name}; there are {', '.join(sorted(known))}")
        try:
            getattr(self, name)(**details)
        except TypeError as wrong:
            raise UnknownCueError(f"{name}: {wrong}") from wrong
