"""Components that an include with arguments would make clumsy. The state is given, one of five; nothing is computed here."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString, mark_safe

from dashboard import figures
from dashboard.charts.bars import double_bar
from dashboard.charts.lines import Figure
from dashboard.charts.panel import panel
from dashboard.hostile_text import visible
from dashboard.queries.marks import Mark

register = template.Library()

STATES = frozenset({"good", "warn", "bad", "unk", "mute", "note"})

SWATCHES = {
    "used": '<rect class="k-used" width="16" height="10"/><path class="k-edge" d="M0 .75H16"/>',
    "band_high": '<rect class="k-used" width="16" height="10"/>',
    "allocated": '<path class="k-alloc" d="M0 5H16"/>',
    "line": '<path class="k-line" d="M0 5H16"/>',
    "total": '<path class="k-total" d="M0 5H16"/>',
    "other": '<path class="k-alt" d="M0 5H16"/>',
    "compare": '<path class="k-compare" d="M0 5H16"/>',
    "forecast": '<path class="k-forecast" d="M0 5H16"/>',
    "limit": '<path class="k-limit" d="M0 5H16"/>',
}
"""How a key shows its line's role; static/js/charts-roles.js draws the same."""


@register.simple_tag
def mark(state: str, bare: bool = False) -> SafeString:
    """The state's shape, silent for assistive technology: a word must stand beside it. `bare` inherits its colour."""
    if state not in STATES:
        raise ValueError(f"{state!r} is none of {', '.join(sorted(STATES))}")
    colour = "" if bare else " neutral" if state == "note" else f" {state}"
    return format_html('<svg class="mark{}" aria-hidden="true"><use href="#m-{}"/></svg>', colour, state)


@register.simple_tag
def icon(name: str) -> SafeString:
    return format_html('<svg class="i" aria-hidden="true"><use href="#i-{}"/></svg>', name)


@register.simple_tag
def health(state: str, word: str, quiet: bool = False) -> SafeString:
    """Shape, colour and word of a state; `quiet` for the expected one in tables."""
    return format_html(
        '<span class="health {}{}">{}{}</span>', state, " quiet" if quiet else "", mark(state, bare=True), word
    )


@register.simple_tag
def state(of: Mark) -> SafeString:
    """A state as tables show it: quiet when it is the expected one."""
    return health(of.mark, of.word, quiet=of.mark == "good")


@register.simple_block_tag
def note(content: SafeString, state: str, word: str) -> SafeString:
    """A block's state: {% note "warn" "Stale" %}<p>sentence</p><a>one way out</a>{% endnote %}."""
    return format_html(
        '<div class="note {}"><span class="health">{}{}</span>{}</div>', state, mark(state), word, content
    )


@register.simple_tag
def key_swatch(role: str) -> SafeString:
    return mark_safe(f'<svg aria-hidden="true">{SWATCHES[role]}</svg>')  # noqa: S308  constants of this file


@register.simple_tag
def pair(resource: str, allocated: float | None, used: float | None, label: str) -> SafeString:
    """The double bar of two ratios. Not a template: a list of nodes has hundreds of them."""
    bar = double_bar(allocated, used)
    return format_html(
        '<div class="pair r-{}{}"><svg role="img" aria-label="{}: {} allocated, {} used">'
        '<rect class="t" y="1" width="100%" height="14"/>{}{}{}</svg><span class="v">{}<br>{}</span></div>',
        resource,
        " over" if bar.over else "",
        label,
        figures.percent(allocated),
        figures.percent(used),
        _bar(ALLOCATED, bar.allocated_width),
        _bar(USED, bar.used_width),
        _bar(LIMIT, bar.limit_x) if bar.over else "",
        format_html(PAST if bar.allocated_over else "<b>{}</b>", figures.percent(allocated)),
        format_html(PAST if bar.used_over else "{}", figures.percent(used)),
    )


ALLOCATED = '<rect class="al" x=".5" y="1.5" width="{0}" height="6"/>'
USED = '<rect class="us" y="9" width="{0}" height="6"/>'
LIMIT = '<line class="lim" x1="{0}" x2="{0}" y1="0" y2="100%"/>'
PAST = '<b class="past">{}</b>'


def _bar(drawing: str, width: str) -> SafeString | str:
    return format_html(drawing, width) if width else ""


@register.inclusion_tag("parts/bullet.html")
def bullet(ratio: float | None, label: str) -> dict[str, Any]:
    """One share of a whole, 0…1, as a bar with its figure; `label` is text of the cluster."""
    bar = double_bar(ratio, None)
    width, over, limit_x = bar.allocated_width, bar.over, bar.limit_x
    return {"ratio": ratio, "width": width, "over": over, "limit_x": limit_x, "label": visible(label, one_line=True)}


@register.inclusion_tag("parts/chart.html")
def chart(figure: Figure, *, id: str, title: str, basis: str, csv: str = "", tall: bool = False) -> dict[str, Any]:
    """A time chart of a figure dict. The title says what it shows; basis and unit stand below it."""
    return {
        "panel": panel(figure),
        "json": json_script(figure),
        "id": id,
        "title": title,
        "basis": basis,
        "csv": csv,
        "tall": tall,
    }
