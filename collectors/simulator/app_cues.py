"""What befalls Marathon and its apps, on cue. An app goes by its id, with or without the slash in front."""

from __future__ import annotations

from collectors.simulator.cues import Cues, UnknownCueError
from collectors.simulator.incidents import Kind
from collectors.simulator.marathon_leaders import leader_of
from collectors.simulator.marathon_stories import OWN, WAITER
from collectors.simulator.plan import MARATHON


class AppCues(Cues):
    """Of the root Marathon and its apps."""

    def deploy(self, app: str) -> None:
        """A new configuration, deployed until `end_deployment`: it goes on as long as nobody ends it."""
        self._begin(Kind.DEPLOYING, OWN, unit=self._app(app))

    def end_deployment(self, app: str) -> None:
        self._end(OWN, Kind.DEPLOYING, unit=self._app(app))

    def crash_app(self, app: str, per_hour: float | str = 60) -> None:
        """One instance more is wanted, and fails so often, each time as soon as it is launched."""
        name, rate = self._app(app), float(per_hour)
        if rate <= 0:
            raise UnknownCueError("what crashes does so more than 0 times per_hour")
        self._end(OWN, Kind.TASKS_FAILING, unit=name)
        self._begin(Kind.TASKS_FAILING, OWN, unit=name, per_hour=rate)

    def mend_app(self, app: str) -> None:
        self._end(OWN, Kind.TASKS_FAILING, unit=self._app(app))

    def unhealthy_app(self, app: str) -> None:
        """Its instances on the first of its agents fail their checks; an app without any goes on as it was."""
        self._begin(Kind.APP_UNHEALTHY, OWN, unit=self._app(app))

    def healthy_app(self, app: str) -> None:
        self._end(OWN, Kind.APP_UNHEALTHY, unit=self._app(app))

    def app_waits(self, app: str = WAITER.name) -> None:
        """One instance more is wanted, and no offer fits: of `monthly-close` for its size, of others for their constraint."""
        self._begin(Kind.APP_WAITING, OWN, unit=self._app(app))

    def app_fits(self, app: str = WAITER.name) -> None:
        """Nobody wants that instance any more."""
        self._end(OWN, Kind.APP_WAITING, unit=self._app(app))

    def kill_marathon(self) -> str:
        """The process of the leading Marathon ends and is started again; after the election the next one leads, its counters
        at zero. Returns on which master it was."""
        led = leader_of(self._world, self._clock())
        if led is None:
            raise UnknownCueError("no Marathon leads now, so none can be killed")
        self._begin(Kind.MARATHON_DEAD, led[0].host, seconds=self._world.timing.restart_seconds)
        return led[0].host

    def _app(self, app: str) -> str:
        return self._known(app.removeprefix("/"), [WAITER.name, *(one.name for one in self._world.apps_of[MARATHON])])
