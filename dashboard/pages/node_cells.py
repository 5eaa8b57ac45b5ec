"""The rows of the list of nodes as HTML. Not a template: a hundred rows of fifteen cells would be most of the page's price.

Whatever a cell says is escaped where it is put into the row, unless it was made by `format_html`, which has done so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from html import escape

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from dashboard import figures
from dashboard.charts.bars import double_bar
from dashboard.hostile_text import visible
from dashboard.pages.node_columns import Beside, NodeColumn, flaps_of, traffic_of, version_of
from dashboard.pages.node_href import host_href
from dashboard.queries.node_row import NodeRow
from dashboard.templatetags.parts import LIMIT, bar_part, basis, health, mark, pair

Content = str | SafeString
NOT_APPLICABLE = mark_safe('<span class="dim">n/a</span>')


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the rows of one page share."""

    href: str
    """The address of the list: a host's page is below it."""
    beside: Beside
    since: Mapping[int, datetime]
    """Since when agents are as they are, by `pk`."""
    columns: Sequence[NodeColumn]
    chosen: bool
    """Whether somebody chose the columns: then none is dropped on a narrow screen."""
    searchable: bool
    """Whether a script may filter the rows while somebody types."""


Cell = Callable[[NodeRow, Page], Content]


def rows(shown: Sequence[NodeRow], page: Page) -> SafeString:
    """The rows of the table's body."""
    css = [_css(column, page) for column in page.columns[1:]]
    cells = [(head, LABELS[column.key], CELLS[column.key]) for head, column in zip(css, page.columns[1:], strict=True)]
    return mark_safe("\n".join(_row(row, page, cells) for row in shown))  # noqa: S308  each cell is escaped in _row


def _row(row: NodeRow, page: Page, cells: Sequence[tuple[str, str, Cell]]) -> str:
    texts = f' data-text="{escape(_texts(row))}"' if page.searchable else ""
    host = f'<a href="{escape(host_href(page.href, row.host))}">{escape(_line(row.host))}</a>'
    told = [f"<td{css}{label}>{_safe(cell(row, page))}</td>" for css, label, cell in cells]
    return f'<tr{_wash(row)}{texts}><th scope="row">{host}</th>{"".join(told)}</tr>'


def _safe(said: Content) -> str:
    """What `conditional_escape` does, without its detour over lazy texts: there are fifteen hundred cells on a page."""
    return said if isinstance(said, SafeString) else escape(said)


def _css(column: NodeColumn, page: Page) -> str:
    css = CSS.get(column.key, column.css)
    css = css.replace("wide-only", "").strip() if page.chosen else css
    return f' class="{css}"' if css else ""


def _wash(row: NodeRow) -> str:
    if row.state.mark == "bad" or (row.units is not None and row.units.state.mark == "bad"):
        return ' class="r-bad"'
    return ' class="r-warn"' if row.state.mark == "warn" or row.nearly_full else ""


def _texts(row: NodeRow) -> str:
    own = (row.agent.hostname, row.agent.agent_id, row.zone, row.region) if row.agent else ()
    return " ".join(_line(text) for text in (row.host, *own))


def _line(text: str) -> str:
    return visible(text, one_line=True)


@lru_cache(maxsize=256)
def _health(state: str, word: str, *, quiet: bool) -> SafeString:
    return health(state, word, quiet=quiet)


def _state(row: NodeRow, page: Page) -> Content:
    if row.state.mark == "good":
        return (
            _health("warn", "Nearly full", quiet=False)
            if row.nearly_full
            else _health("good", row.state.word, quiet=True)
        )
    since = page.since.get(row.agent.pk) if row.agent and row.state.mark != "unk" else None
    age = figures.age(page.beside.now - since) if since else ""
    said = _health(row.state.mark, row.state.word, quiet=False)
    return format_html('<span class="nw">{} <span class="sub">{}</span></span>', said, age) if age else said


def _units(row: NodeRow, page: Page) -> Content:
    if row.units is None:
        return NOT_APPLICABLE
    state = row.units.state.mark
    return _counted_units(state, row.units.healthy, row.units.total)


@lru_cache(maxsize=1024)
def _counted_units(state: str, healthy: int, total: int) -> SafeString:
    quiet = " quiet" if state == "good" else ""
    shape = mark(state, bare=True)
    return format_html('<span class="health {}{}">{}{} of {}</span>', state, quiet, shape, healthy, total)


def _type(row: NodeRow, page: Page) -> Content:
    kind = row.kind.capitalize()
    return format_html('{}<br><span class="sub">{}</span>', kind, _line(row.zone)) if row.zone else kind


def _cpu(row: NodeRow, page: Page) -> Content:
    if row.agent is None:
        return used_only("cpu", row.cpu_used_ratio, "CPU")
    return pair("cpu", row.cpu_allocated_ratio, row.cpu_used_ratio, "CPU")


def _memory(row: NodeRow, page: Page) -> Content:
    if row.agent is None:
        return used_only("mem", row.mem_used_ratio, "Memory")
    return pair("mem", row.mem_allocated_ratio, row.mem_used_ratio, "Memory")


def _disk(row: NodeRow, page: Page) -> Content:
    path = _line(row.use.fullest_path) if row.use else ""
    bars = (
        used_only("disk", row.fullest_ratio, "Disk")
        if row.agent is None
        else pair("disk", row.disk_allocated_ratio, row.fullest_ratio, "Disk")
    )
    return format_html('<span title="{}">{}</span>', path, bars)


def used_only(resource: str, used: float | None, label: str) -> SafeString:
    """One bar, of what nothing is allocated of: a master's machine."""
    bar, share = double_bar(None, used), figures.percent(used)
    return format_html(
        '<div class="pair r-{}"><svg role="img" aria-label="{}: {} used">'
        '<rect class="t" y="1" width="100%" height="14"/>{}{}</svg><span class="v">{}</span></div>',
        resource,
        label,
        share,
        bar_part(ALONE, bar.used_width),
        bar_part(LIMIT, bar.limit_x if bar.over else ""),
        basis("used", share, past=bar.over, first=True),
    )


ALONE = '<rect class="us" y="5" width="{0}" height="6"/>'


def _gpu(row: NodeRow, page: Page) -> Content:
    if row.agent is None or not row.agent.gpus_total:
        return NOT_APPLICABLE
    return f"{figures.cores(row.agent.gpus_allocated)} of {figures.cores(row.agent.gpus_total)}"


def _load(row: NodeRow, page: Page) -> Content:
    return figures.ABSENT if row.load_per_core is None else f"{row.load_per_core:.2f}"


def _flaps(row: NodeRow, page: Page) -> Content:
    flaps = flaps_of(row, page.beside)
    return format_html("<b>{}</b>", figures.count(flaps)) if flaps else figures.count(flaps)


def _place(row: NodeRow, page: Page) -> Content:
    return " · ".join(_line(part) for part in (row.region, row.zone) if part) or figures.ABSENT


def _attributes(row: NodeRow, page: Page) -> Content:
    own = page.beside.attributes.get(row.agent.pk, {}) if row.agent else {}
    return _line(" ".join(f"{name}:{value}" for name, value in own.items())) or figures.ABSENT


def _network(row: NodeRow, page: Page) -> Content:
    received, sent = traffic_of(row, page.beside)
    return format_html("<span>{}<br>{}</span>", figures.byte_rate(received), figures.byte_rate(sent))


CELLS: dict[str, Cell] = {
    "state": _state,
    "units": _units,
    "type": _type,
    "tasks": lambda row, _: figures.count(row.tasks),
    "cpu": _cpu,
    "mem": _memory,
    "disk": _disk,
    "gpu": _gpu,
    "load": _load,
    "uptime": lambda row, _: figures.age(row.use.uptime_seconds if row.use else None),
    "flaps": _flaps,
    "age": lambda row, page: figures.age(page.beside.now - row.machine.measured_at if row.machine else None),
    "hostname": lambda row, _: _line(row.agent.hostname) if row.agent else "",
    "region": _place,
    "attributes": _attributes,
    "id": lambda row, _: _line(row.agent.agent_id) if row.agent else "",
    "swap": lambda row, _: figures.byte_size(row.use.swap_used_bytes if row.use else None),
    "processes": lambda row, _: figures.count(row.use.processes if row.use else None),
    "network": _network,
    "version": lambda row, _: _line(version_of(row)) or figures.ABSENT,
}
CSS = {"state": "key", "type": "dim2 nw wide-only", "id": "m", "attributes": "m"}
"""Where a cell looks other than its head."""
LABELS = {
    "state": "",
    "units": ' data-label="Units healthy"',
    "type": ' data-label="Type, zone"',
    "tasks": ' data-label="Tasks"',
    "cpu": ' data-label="CPU"',
    "mem": ' data-label="Memory"',
    "disk": ' data-label="Disk, fullest"',
    "gpu": ' data-label="GPU"',
    "load": ' data-label="Load per core"',
    "uptime": ' data-label="Uptime"',
    "flaps": ' data-label="Flaps 24 h"',
    "age": ' data-label="Age of use"',
    "hostname": ' data-label="Host name"',
    "region": ' data-label="Region, zone"',
    "attributes": ' data-label="Attributes"',
    "id": ' data-label="Agent id"',
    "swap": ' data-label="Swap used"',
    "processes": ' data-label="Processes"',
    "network": ' data-label="In, out"',
    "version": ' data-label="Mesos"',
}
"""What stands before a cell where the table becomes label–value rows."""
