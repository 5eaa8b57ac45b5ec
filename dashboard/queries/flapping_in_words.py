"""What the flapping board says before it shows: what goes on, what is over, and how short the worst lives are. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dashboard import figures
from dashboard.queries.flapping import Board, State
from dashboard.queries.restarts import Subject, What


@dataclass(frozen=True)
class Said:
    """One sentence in two parts: what goes on now, and the rest."""

    first: str
    rest: str


def called(subject: Subject) -> str:
    """What an operator calls it: "DC/OS Net on 10.0.0.242"."""
    name = subject.name or subject.key
    return f"{name} on {subject.host}" if subject.what is What.COMPONENT else name


def said(board: Board) -> Said:
    goes_on = [(State.FLAPPING, "flapping"), (State.RESTARTING, "restarting"), (State.DOWN, "down")]
    told = [f"{figures.count(board.counts[state])} {word}" for state, word in goes_on if board.counts[state]]
    over = []
    if board.counts[State.RECOVERED]:
        over.append(f"{figures.count(board.counts[State.RECOVERED])} recovered")
    if board.counts[State.STEADY]:
        over.append(f"{figures.count(board.counts[State.STEADY])} steady with a restart in 24{figures.NO_BREAK}h")
    rest = f"; {', '.join(over)}, everything else has none." if over else "; nothing else restarted."
    if not board.rows:
        return Said("Nothing restarted", f" in the past 24{figures.NO_BREAK}h.")
    return Said(", ".join(told) or "Nothing is flapping", f"{rest}{_worst(board)}")


def _worst(board: Board) -> str:
    worst = board.rows[0]
    if worst.state not in (State.FLAPPING, State.RESTARTING) or worst.median_life is None:
        return ""
    return f" The median life of {called(worst.subject)} is {figures.duration(worst.median_life)}."
