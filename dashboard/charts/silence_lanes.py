"""When it is quiet: a lane for each silence, now among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from dashboard import figures
from dashboard.charts.lanes import Interval, Lane, Time, bars, times
from dashboard.hostile_text import visible
from dashboard.queries.alert_silences import Known, Phase

BACK, AHEAD = timedelta(hours=6), timedelta(hours=18)
MOST_LANES = 12
LOOKS = {Phase.ACTIVE: "mute", Phase.ENDED: "lead2", Phase.PLANNED: "plan2"}
LONGEST, LONGEST_WHY = 28, 22
ROOM_SHARE = 0.1


@dataclass(frozen=True)
class Lanes:
    """The drawing: its axis, where now is, and its rows; `more` are not drawn."""

    times: tuple[Time, ...]
    now_x: str
    now: str
    lanes: tuple[Lane, ...]
    more: int


def drawn(known: Sequence[Known], now: datetime) -> Lanes:
    """Those that hold at some time in the window."""
    begins_at, ends_at = now - BACK, now + AHEAD
    shown = [one for one in known if one.over_at > begins_at and one.silence.begins_at < ends_at]
    return Lanes(
        times=tuple(_beside_now(time) for time in times(begins_at, ends_at)),
        now_x=f"{BACK / (BACK + AHEAD):.2%}",
        now=f"{now:%H:%M}",
        lanes=tuple(_lane(one, begins_at, ends_at, now) for one in shown[:MOST_LANES]),
        more=max(0, len(shown) - MOST_LANES),
    )


def _beside_now(time: Time) -> Time:
    """A label that would run into that of now is left out."""
    apart = abs(float(time.x.rstrip("%")) / 100 - BACK / (BACK + AHEAD))
    return time if apart > ROOM_SHARE else Time(time.x, "")


def _lane(known: Known, begins_at: datetime, ends_at: datetime, now: datetime) -> Lane:
    says = f"{known.phase} from {figures.instant(known.silence.begins_at, now)}"
    says += f" to {figures.instant(known.over_at, now)}{', ended early' if known.early else ''}"
    interval = Interval(LOOKS[known.phase], known.silence.begins_at, known.over_at, says)
    name = named(known)
    return Lane(name, _short(known.silence.why, LONGEST_WHY), f"{name}: {says}", bars([interval], begins_at, ends_at))


def named(known: Known) -> str:
    """The node, how many nodes, or the words it was made with."""
    if len(known.nodes) == 1:
        return _short(known.nodes[0])
    return figures.counted(len(known.nodes), "node") if known.nodes else _short(known.silence.matcher)


def _short(text: str, longest: int = LONGEST) -> str:
    shown = visible(text, one_line=True)
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
