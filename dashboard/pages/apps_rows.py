"""The rows of the list of apps as HTML. Whatever a cell says is escaped where it is put into the row, unless it was made safe."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard import figures
from dashboard.charts.ticks import ticks
from dashboard.hostile_text import visible
from dashboard.pages.app_cells import amounts, app_link, state_mark
from dashboard.queries.apps_now import FAILURES_WITHIN
from dashboard.queries.apps_row import STEADY, AppRow

Content = str | SafeString
TICK = '<rect class="t {}" x="{}" y="2" width="2" height="13"/>'
WASHES = {"bad": ' class="r-bad"', "warn": ' class="r-warn"', "unk": ' class="r-stale"'}


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the rows of one page share."""

    cluster: str
    now: datetime
    failed_at: Mapping[int, Sequence[datetime]]
    """By `pk`; of an app with very many failures none."""
    several: bool
    """Whether there is more than one Marathon, so that each row says whose it is."""


def rows(shown: Sequence[AppRow], page: Page) -> SafeString:
    """The rows of the table's body."""
    return mark_safe("\n".join(_row(row, page) for row in shown))  # noqa: S308  each cell is escaped in _row


def _row(row: AppRow, page: Page) -> str:
    name = app_link(page.cluster, row.marathon, row.app.app_id) + _second_line(row, page)
    told = [f"<td{css}{label}>{_safe(cell(row, page))}</td>" for css, label, cell in CELLS]
    if page.several:
        told.append(f'<td data-label="Marathon">{escape(visible(row.marathon, one_line=True))}</td>')
    return f'<tr{_wash(row)}><th scope="row">{name}</th>{"".join(told)}</tr>'


def _second_line(row: AppRow, page: Page) -> SafeString:
    """What the columns tell that a narrow screen has no room for."""
    failures = "failures not known" if row.failures is None else f"{figures.counted(row.failures, 'failure')} in 24 h"
    deployed = f"deployed {figures.ago(page.now - row.changed_at)}" if row.changed_at else "last deploy not known"
    return format_html('<span class="sub narrow-only">{} · {}</span>', failures, deployed)


def _safe(said: Content) -> str:
    return said if isinstance(said, SafeString) else escape(said)


def _wash(row: AppRow) -> str:
    worse = "bad" if row.restarting.mark == "bad" and row.current else row.state.mark
    return WASHES.get(worse, "")


def _state(row: AppRow, page: Page) -> Content:
    shown = state_mark(row.state)
    if row.state.mark in ("good", "unk", "mute"):
        return shown
    age = figures.age(page.now - row.app.state_since)
    return format_html('<span class="nw">{} <span class="sub">{}</span></span>', shown, age)


def _instances(row: AppRow, page: Page) -> Content:
    app = row.app
    counts = f'<span>{figures.count(app.running)} <span class="dim">of {figures.count(app.instances)}</span>'
    if app.staged:
        counts += f'<br><span class="sub">{figures.count(app.staged)} staged</span>'
    if app.has_health_checks and app.unhealthy:
        counts += f'<br><span class="sub">{figures.count(app.unhealthy)} unhealthy</span>'
    elif app.has_health_checks and app.healthy < app.running:
        counts += f'<br><span class="sub">{figures.count(app.healthy)} healthy</span>'
    return mark_safe(f"{counts}</span>")  # noqa: S308  numbers and our words


def _cpu(row: AppRow, page: Page) -> Content:
    return amounts("cpu", row.cpus_allocated, row.app.cpus_used_p95, figures.cores, "CPU cores")


def _memory(row: AppRow, page: Page) -> Content:
    return amounts("mem", row.mem_allocated_bytes, row.app.mem_used_p95_bytes, figures.byte_size, "Memory")


def _failures(row: AppRow, page: Page) -> Content:
    if not row.failures:
        return mark_safe('<span class="dim">0</span>') if row.failures == 0 else figures.ABSENT
    state = "bad" if row.restarting.mark == "bad" else "warn" if row.needs_a_look else ""
    moments = [(at, state) for at in page.failed_at.get(row.app.pk, ())]
    drawn = "".join(TICK.format(tick.state, tick.x) for tick in ticks(moments, page.now - FAILURES_WITHIN, page.now))
    said = f"{figures.counted(row.failures, 'failure')} in 24 h"
    strip = f'<line class="base" x1="0" x2="100%" y1="15.5" y2="15.5"/>{drawn}'
    svg = f'<svg class="ticks" role="img" aria-label="{said}">{strip}</svg>' if moments else ""
    return mark_safe(f'<span class="counted wide"><span>{figures.count(row.failures)}</span>{svg}</span>')  # noqa: S308


def _restarts(row: AppRow, page: Page) -> Content:
    if row.restarting is STEADY:
        return mark_safe('<span class="dim">Steady</span>')
    shown = state_mark(row.restarting)
    if row.restarts is None:
        return shown
    return format_html('<span class="nw">{} <span class="sub">{}</span></span>', shown, figures.count(row.restarts))


def _changed(row: AppRow, page: Page) -> Content:
    at = row.changed_at
    if at is None:
        return figures.ABSENT
    title, said = f"{figures.instant(at, page.now)} UTC", figures.ago(page.now - at)
    return format_html('<time datetime="{}" title="{}">{}</time>', figures.iso(at), title, said)


Cell = Callable[[AppRow, Page], Content]
CELLS: tuple[tuple[str, str, Cell], ...] = (
    (' class="key"', "", _state),
    (' class="num"', ' data-label="Instances"', _instances),
    ("", ' data-label="CPU, cores"', _cpu),
    ("", ' data-label="Memory"', _memory),
    (' class="wide-only"', ' data-label="Failures, 24 h"', _failures),
    ("", ' data-label="Restarts, 15 min"', _restarts),
    (' class="num nw dim2 wide-only"', ' data-label="Last deploy"', _changed),
)
"""Class of the cell, and what stands before it where the table becomes label–value rows."""
