"""Trying a rule before it is kept: when it would have fired on what is stored, and how often with other limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.urls import reverse

from dashboard import figures
from dashboard.alerts import in_words
from dashboard.alerts.backtest import Backtest, Kept, NoHistory, backtest, compared, title
from dashboard.alerts.replay import Episode
from dashboard.charts import backtest as drawing
from dashboard.charts.lines import Figure, Resource
from dashboard.models import Rule
from dashboard.models.rules import Severity
from dashboard.queries.marks import SEVERITY, Mark

TRIED = "do"
LONGEST = 300
NOT_ASKED = ("csrfmiddlewaretoken",)
MOST_EPISODES = 50
RESOURCES: tuple[Resource, ...] = ("cpu", "mem", "disk", "gpu")


@dataclass(frozen=True, kw_only=True)
class Limit:
    """One line of the limits that were compared; `look` marks the proposed one."""

    text: str
    word: str
    fired: int
    firing_seconds: float
    look: str


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What a reader sees of a back-test. `refused`: why there is none, else empty."""

    refused: str = ""
    title: str = ""
    basis: str = ""
    figure: Figure | None = None
    tested: Backtest | None = None
    episodes: tuple[tuple[Episode, Mark, str, str], ...] = ()
    """The newest, each with its severity, for how long, and its worst value in words."""
    more: int = 0
    limits: tuple[Limit, ...] = ()


def address(request: HttpRequest, name: str, *arguments: str) -> str:
    """The page again, with all that was typed in its address: it changes nothing, and can be passed on."""
    given = request.POST.copy()
    for unasked in NOT_ASKED:
        given.pop(unasked, None)
    for key, values in given.lists():
        given.setlist(key, [str(value)[:LONGEST] for value in values])
    return f"{reverse(name, args=arguments)}?{given.urlencode()}#trial"


def trial(kept: Rule | None, proposed: Rule, now: datetime) -> Trial:
    """Of the rule as it is proposed, beside the one that is kept where that is another. At most fourteen queries,
    seven where both are about the same figures."""
    before = None
    try:
        if kept is not None and _first(kept) != _first(proposed):
            tested, before = compared(proposed.cluster, proposed, kept, now)
        else:
            tested = backtest(proposed.cluster, proposed, now)
    except NoHistory as error:
        return Trial(refused=str(error))
    return Trial(
        title=title(tested),
        basis=drawing.basis(tested),
        figure=drawing.figure(tested, _named(proposed, tested), resource=_resource(proposed)),
        tested=tested,
        episodes=tuple(
            (one, SEVERITY[Severity(one.severity)], _lasted(one), in_words.value(proposed, one.worst))
            for one in tested.episodes[:MOST_EPISODES]
        ),
        more=max(0, tested.fired - MOST_EPISODES),
        limits=_limits(kept, proposed, tested, before),
    )


def _lasted(episode: Episode) -> str:
    return figures.duration(episode.ended_at - episode.began_at) if episode.ended_at else "until now"


def _named(rule: Rule, tested: Backtest) -> str:
    """What the line is of."""
    return f"worst of {figures.count(tested.subjects)}" if tested.subjects > 1 else rule.name or in_words.what(rule)


def _limits(kept: Rule | None, proposed: Rule, tested: Backtest, before: Kept | None) -> tuple[Limit, ...]:
    """As the page compares them: in the order of the other limits, the proposed one in their middle, the kept one last."""
    others = [_line(other.text, "", other.fired, other.firing.total_seconds()) for other in tested.others]
    mine = _line(_first(proposed), "proposed" if before else "", tested.fired, tested.firing.total_seconds(), "r-mute")
    half = len(others) // 2
    lines = [*others[:half], mine, *others[half:]]
    if before is not None and kept is not None:
        lines.append(_line(_first(kept), "kept now", before.fired, before.firing.total_seconds()))
    return tuple(line for line in lines if line.text)


def _line(text: str, word: str, fired: int, seconds: float, look: str = "") -> Limit:
    return Limit(text=text, word=word, fired=fired, firing_seconds=seconds, look=look)


def _first(rule: Rule) -> str:
    """The limit that disturbs first, of those that are on; of a rule that is off, of all it has."""
    on = [severity for severity in Severity.values if getattr(rule, f"{severity}_on")] or Severity.values
    return next((text for severity in on if (text := in_words.limit(rule, severity))), "")


def _resource(rule: Rule) -> Resource:
    """The hue of what is measured, where it is a resource."""
    named = f"{rule.metric} {rule.name}".lower()
    words = {"cpu": ("cpu", "processor"), "mem": ("mem",), "disk": ("disk", "filesystem"), "gpu": ("gpu",)}
    return next((one for one in RESOURCES if any(word in named for word in words[one])), "time")
