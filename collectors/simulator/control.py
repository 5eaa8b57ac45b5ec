"""`POST /_control`: failures and faults on cue for whoever runs the simulator as a process of its own.

{"do": "kill_agent", "host": "127.88.1.21"}      a failure of failures.py, with its details
{"fault": "drip", "path": "/system/health/v1/report", "value": "50", "listener": "router"}
{"clear": "/system/health/v1/report"}            the faults of one path; "" clears all
{"cut": "streams"}                               every event stream that is open is reset
"""

from __future__ import annotations

from typing import Any

import msgspec

from collectors.simulator.answers import Answer, Request, from_json, from_text
from collectors.simulator.failures import Failures, UnknownCueError
from collectors.simulator.faults import NUMBERED, Fault, Faults, Manner


def obey(request: Request, failures: Failures, faults: Faults) -> Answer:
    """Do what is asked; 400 with the reason when that is not possible."""
    if request.method != "POST":
        return from_text(405, "POST a JSON object: do, fault, clear or cut")
    try:
        _act(msgspec.json.decode(request.body, type=dict[str, Any]), failures, faults)
    except (msgspec.DecodeError, UnknownCueError, ValueError) as wrong:
        return from_json({"error": str(wrong)}, status=400)
    return from_json({"ok": True})


def _act(wish: dict[str, Any], failures: Failures, faults: Faults) -> None:
    details = {name: str(value) for name, value in wish.items()}
    if name := details.pop("do", ""):
        failures.cue(name, **details)
    elif manner := details.pop("fault", ""):
        faults.add(fault(details.pop("path", ""), manner, **details))
    elif "clear" in details:
        faults.clear(details["clear"])
    elif details.get("cut") == "streams":
        faults.cut_streams()
    else:
        raise UnknownCueError("say do, fault, clear or cut")


def fault(path: str, manner: str, value: object = "", listener: str = "", **others: object) -> Fault:
    """A fault from plain words. Raises UnknownCueError."""
    if not path or others:
        raise UnknownCueError("a fault has a path, and may have a value and a listener")
    if manner not in [each.value for each in Manner]:
        raise UnknownCueError(f"no fault {manner}; there are {', '.join(Manner)}")
    made = Fault(path, Manner(manner), str(value), listener)
    if made.value and made.manner in NUMBERED:
        float(made.value)
    return made
