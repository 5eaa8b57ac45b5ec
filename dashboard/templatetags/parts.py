"""Components that an include with arguments would make clumsy. The state is given, one of five; nothing is computed here."""

from __future__ import annotations

from html import escape
from typing import Any

import msgspec
from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard import figures
from dashboard.charts.bars import double_bar
from dashboard.charts.lines import Figure
from dashboard.charts.panel import Panel, panel
from dashboard.hostile_text import visible
from dashboard.queries.marks import Mark

register = template.Library()

STATES = frozenset({"good", "warn", "bad", "unk", "mute", "note"})

UNSAFE_IN_SCRIPT = ((b">", b"\\u003E"), (b"<", b"\\u003C"), (b"&", b"\\u0026"))
AREA = '<rect class="k-used" width="16" height="10"/><path class="k-edge" d="M0 .75H16"/>'
SWATCHES = {
    "used": AREA,
    "stacked": AREA,
    "stacked_other": f'{AREA}<path class="k-dotted" d="M1 4.5H16M3 8.5H16"/>',
    "band_high": '<rect class="k-used" width="16" height="10"/>',
    "allocated": '<path class="k-alloc" d="M0 5H16"/>',
    "line": '<path class="k-line" d="M0 5H16"/>',
    "dashed": '<path class="k-dashed" d="M0 5H16"/>',
    "dotted": '<path class="k-dotted" d="M0 5H16"/>',
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
    of_mesos, of_machine = figures.percent(allocated), figures.percent(used)
    # One text and no format_html: a list of nodes has three hundred, and all but the label is ours.
    return mark_safe(  # noqa: S308  the label is escaped, the rest are percents
        f'<div class="pair r-{escape(resource)}{" over" if bar.over else ""}">'
        f'<svg role="img" aria-label="{escape(label)}: {of_mesos} allocated, {of_machine} used">'
        f'<rect class="t" y="1" width="100%" height="14"/>{bar_part(ALLOCATED, bar.allocated_width)}'
        f'{bar_part(USED, bar.used_width)}{bar_part(LIMIT, bar.limit_x if bar.over else "")}</svg><span class="v">'
        f"{basis('allocated', of_mesos, past=bar.allocated_over, first=True)}<br>"
        f"{basis('used', of_machine, past=bar.used_over)}</span></div>"
    )


ALLOCATED = '<rect class="al" x=".5" y="1.5" width="{0}" height="6"/>'
USED = '<rect class="us" y="9" width="{0}" height="6"/>'
LIMIT = '<line class="lim" x1="{0}" x2="{0}" y1="0" y2="100%"/>'


def basis(word: str, told: str, *, past: bool = False, first: bool = False) -> SafeString:
    """A figure beside its bar, with what it is of: the head of the column says it, and a phone has no heads.

    `past` its limit it is bold, as the `first` always is, less so.
    """
    tag, css = ("b", ' class="past"') if past else ("b" if first else "span", "")
    return mark_safe(f'<{tag}{css} data-basis="{word}">{escape(told)}</{tag}>')  # noqa: S308  our words, an escaped figure


def bar_part(drawing: str, width: str) -> SafeString:
    """One of the drawings above, of a percent that charts/bars.py wrote; nothing for what was not measured."""
    return mark_safe(drawing.format(width) if width else "")  # noqa: S308  our drawing, our percent


@register.inclusion_tag("parts/bullet.html")
def bullet(ratio: float | None, label: str) -> dict[str, Any]:
    """One share of a whole, 0…1, as a bar with its figure; `label` is text of the cluster."""
    bar = double_bar(ratio, None)
    width, over, limit_x = bar.allocated_width, bar.over, bar.limit_x
    return {"ratio": ratio, "width": width, "over": over, "limit_x": limit_x, "label": visible(label, one_line=True)}


@register.inclusion_tag("parts/chart.html")
def chart(figure: Figure, *, id: str, title: str, basis: str, csv: str = "", tall: bool = False) -> dict[str, Any]:
    """A time chart of a figure dict. The title says what it shows; basis and unit stand below it."""
    drawn = panel(figure)
    return {
        "panel": drawn,
        "rows": _rows(drawn),
        "json": _script(figure),
        "id": id,
        "title": title,
        "basis": basis,
        "csv": csv,
        "tall": tall,
    }


def _script(figure: Figure) -> SafeString:
    """What Django's json_script writes, at a tenth of its cost: a page of charts has twenty thousand numbers."""
    text = msgspec.json.encode(figure)
    for mark, escaped in UNSAFE_IN_SCRIPT:
        text = text.replace(mark, escaped)
    return mark_safe(f'<script type="application/json">{text.decode()}</script>')  # noqa: S308  what could end a script is escaped


def _rows(drawn: Panel) -> SafeString:
    """The body of a chart's table: a page of five charts has a thousand cells, which no template should loop over."""
    now = timezone.now()
    rows = []
    for moment, cells in drawn.rows:
        told = "".join([f'<td class="num">{cell}</td>' for cell in cells])
        when = f'<time datetime="{figures.iso(moment)}">{figures.instant(moment, now)}</time>'
        rows.append(f'<tr><th scope="row">{when}</th>{told}</tr>')
    return mark_safe("".join(rows))  # noqa: S308  times and numbers that figures.py and charts/panel.py wrote
