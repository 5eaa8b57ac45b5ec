"""Writers killed at random moments, servers restarted under them, and what a ledger outside of the database says after it."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collectors.simulator import Settings, Simulator
from tests import patience
from tests.faults.nursery import Ask, nursery
from tests.servers.databases import Database
from tests.servers.postgresql import Postgresql

LIFE_SLOTS = 3
"""How long a writer lives before it is killed: up to what the first one takes for so many slots."""
LONGER, SHORTER = 1.3, 0.9
"""And then as the machine becomes slower or faster: longer after one that ended no slot, shorter after one that did."""
AWAY_SECONDS = 0.5
ANSWERED = ("ok", "partial")


@dataclass(frozen=True, kw_only=True)
class Figures:
    kills: int
    acknowledged: int
    unfinished: int
    """Slots that were opened and not ended: their writer was killed before its COMMIT."""
    committed_unheard: int
    """Slots that were written, and whose writer was killed before it could say so."""
    lost: int
    """Acknowledged slots that do not stand in the database as they were acknowledged."""
    twice: int
    torn: int
    """Slots whose row and readings, or whose source's standing, do not say the same."""
    damage: str
    longest_silence_seconds: float
    """From the moment a restarted server accepts to the next acknowledged poll; 0 where none was restarted."""
    seconds: float


def killed(kills: int, database: Database, folder: Path, *, seed: int) -> Figures:
    """So many writers, one after the other, each killed in the midst of its work; the first and a last one end a few slots."""
    chance, began, ledger = random.Random(seed), time.monotonic(), folder / "ledger"
    with _writers(database, folder, ledger) as ask:
        life_seconds = _measured(ask, ledger)
        for _ in range(kills):
            writer = int(ask("fork"))
            before = len(_read(ledger))
            time.sleep(chance.uniform(0.0, life_seconds))
            os.kill(writer, signal.SIGKILL)
            life_seconds *= SHORTER if len(_read(ledger)) > before else LONGER
        _measured(ask, ledger)
        found = json.loads(ask("polls"))
    return _figures(_read(ledger), found, database, kills=kills, silence=0.0, began=began)


def _measured(ask: Ask, ledger: Path) -> float:
    """Seconds that a writer takes now for so many slots: machines differ, and what else they do."""
    writer = int(ask("fork"))
    began = time.monotonic()  # not before it is there: the first one waits for Django and the migrations
    _more(ledger, since=len(_read(ledger)) + LIFE_SLOTS - 1)
    os.kill(writer, signal.SIGKILL)
    return time.monotonic() - began


def restarted(restarts: int, server: Postgresql, database: Database, folder: Path) -> Figures:
    """One writer that lives on while its server is stopped without a checkpoint and started again, so many times."""
    began, ledger, silences = time.monotonic(), folder / "ledger", [0.0]
    with _writers(database, folder, ledger) as ask:
        writer = int(ask("fork"))
        _more(ledger, since=0)
        for _ in range(restarts):
            server.stop(immediate=True)
            time.sleep(AWAY_SECONDS)
            before = len(_read(ledger))
            server.start()
            silences.append(_more(ledger, since=before))
        os.kill(writer, signal.SIGKILL)
        found = json.loads(ask("polls"))
    return _figures(_read(ledger), found, database, kills=1, silence=max(silences), began=began)


def _more(ledger: Path, *, since: int) -> float:
    """Seconds until the ledger has more lines."""
    began = time.monotonic()
    patience.until(lambda: len(_read(ledger)) > since, what="a slot that is written")
    return time.monotonic() - began


def _read(ledger: Path) -> list[list[Any]]:
    """Whole lines only: a writer may have been killed in the midst of one, and had acknowledged nothing then."""
    text = ledger.read_text() if ledger.exists() else ""
    return [json.loads(line) for line in text.splitlines(keepends=True) if line.endswith("\n")]


def _figures(
    acknowledged: list[list[Any]],
    found: dict[str, Any],
    database: Database,
    *,
    kills: int,
    silence: float,
    began: float,
) -> Figures:
    polls = {poll["pk"]: poll for poll in found["polls"]}
    heard = Counter(pk for pk, *_ in acknowledged)
    stands = {(pk, poll["outcome"], poll["kept"], poll["readings"]) for pk, poll in polls.items()}
    slots = Counter((poll["source"], poll["tick"]) for poll in polls.values())
    return Figures(
        kills=kills,
        acknowledged=len(heard),
        unfinished=sum(not poll["outcome"] for poll in polls.values()),
        committed_unheard=sum(bool(poll["outcome"]) and pk not in heard for pk, poll in polls.items()),
        lost=sum(tuple(line) not in stands for line in acknowledged),
        twice=sum(count - 1 for count in [*heard.values(), *slots.values()]),
        torn=sum(map(_is_torn, polls.values())) + _stale(found),
        damage=database.damage(),
        longest_silence_seconds=silence,
        seconds=time.monotonic() - began,
    )


def _is_torn(poll: dict[str, Any]) -> bool:
    """A slot that was answered has the readings that it says it kept, and one that was not has none."""
    if poll["outcome"] not in ANSWERED:
        return bool(poll["readings"])
    if poll["source"] == "summary":  # what it kept counts agents and frameworks, which are rows
        return not 0 < poll["readings"] <= poll["kept"]
    return bool(poll["readings"] < poll["kept"])  # totals are written with them


def _stale(found: dict[str, Any]) -> int:
    """How many sources last succeeded, as their standing says, at another time than their last answered slot."""
    last = {poll["source"]: poll["tick"] for poll in found["polls"] if poll["outcome"] in ANSWERED}
    return sum(found["succeeded"].get(source) != tick for source, tick in last.items())


@contextmanager
def _writers(database: Database, folder: Path, ledger: Path) -> Iterator[Ask]:
    settings = {
        "DAYTWO_DATA_DIR": str(folder),
        "DAYTWO_DATABASE_URL": database.url,
        "DAYTWO_ALLOW_LOOPBACK": "true",
    }
    with (
        Simulator(Settings(with_stories=False)).running() as simulator,
        nursery("tests.faults.writers", str(ledger), simulator.router_url, **settings) as ask,
    ):
        yield ask
