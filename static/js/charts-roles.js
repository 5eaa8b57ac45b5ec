/* Roles: what a line means decides how it is drawn. The names are those of dashboard/charts/lines.py, the key beside
   each chart (dashboard/templatetags/parts.py) shows the same stroke.                                               */

import { isStacked } from "./charts-stack.js";

/* The upper edge of an area. */
const edge = (colours, resource) => ({ line: { color: colours[resource], width: 1.25 } });

const ROLES = {
  used: edge,
  allocated: (colours, resource) => ({ line: { color: colours[resource], width: 2 } }),
  line: (colours, resource) => ({ line: { color: colours[resource], width: 1.75 } }),
  dashed: (colours, resource) => ({ line: { color: colours[resource], width: 1.75, dash: "6px,3px" } }),
  dotted: (colours, resource) => ({ line: { color: colours[resource], width: 1.75, dash: "2px,2px" } }),
  total: colours => ({ line: { color: colours["ink-2"], width: 1.25, shape: "hv" } }),
  other: colours => ({ line: { color: colours["ink-3"], width: 1.25 } }),
  compare: colours => ({ line: { color: colours.edge, width: 1.25, dash: "1px,3px" } }),
  forecast: (colours, resource) => ({ line: { color: colours[resource], width: 2, dash: "2px,4px" } }),
  limit: colours => ({ line: { color: colours["ink-2"], width: 1, dash: "4px,3px", shape: "hv" } }),
  stacked: edge,
  stacked_other: edge,
  band_low: () => ({ line: { width: 0 } }),
  band_high: () => ({ line: { width: 0 } }),
};

/* plotly.js reads a plain number as local time; a text without a zone is taken as it stands: UTC. */
export const utc = milliseconds => new Date(milliseconds).toISOString().slice(0, -1);

export const timeOf = (trace, index) => trace.x0 + index * trace.dx;

export function drawn(trace, colours) {
  const { role, resource } = trace.meta;
  const look = (ROLES[role] ?? ROLES.line)(colours, resource);
  const { floor, ...own } = trace;
  return { ...own, x0: utc(trace.x0), mode: "lines", connectgaps: false, hoverinfo: "none", ...look };
}

/* The measured stretches of a line, as lists of indexes. */
function runs(trace) {
  const found = [];
  trace.y.forEach((value, i) => {
    if (value === null) return;
    if ((trace.y[i - 1] ?? null) === null) found.push([]);
    found.at(-1).push(i);
  });
  return found;
}

/* The area under a used line, between the edges of a band, or of a part of a stack: a closed shape for each measured
   stretch, because plotly.js's own fills run across gaps. `below` is the trace before it, of a band its lower edge. A
   line in its own band, which comes right before it, has no other area.                                            */
export function area(trace, below, colours) {
  const { role, resource } = trace.meta;
  if (role !== "used" && role !== "band_high" && !isStacked(trace)) return [];
  if (role === "used" && below?.meta.role === "band_high") return [];
  const floor = i => role === "used" ? 0 : trace.floor?.[i] ?? below?.y[i] ?? trace.y[i];
  const x = [], y = [];
  for (const run of runs(trace)) {
    const back = role === "used" ? [run.at(-1), run[0]] : run.toReversed();
    x.push(...[...run, ...back].map(i => utc(timeOf(trace, i))), null);
    y.push(...run.map(i => trace.y[i]), ...back.map(floor), null);
  }
  return [{ x, y, mode: "lines", hoverinfo: "skip", line: { color: colours[resource], width: 0 }, fill: "toself",
    ...(role === "stacked_other" ? dotted(colours[resource], colours[`${resource}-soft`])
      : { fillcolor: colours[`${resource}-soft`] }) }];
}

/* Told apart from a plain area without its colour, and from the hatch of a gap. */
const dotted = (colour, soft) =>
  ({ fillpattern: { shape: ".", size: 7, solidity: 0.12, fgcolor: colour, bgcolor: soft } });

/* A value between two gaps is a line without length: it is shown as a dot. */
export function lonely(trace, colours) {
  const { role, resource } = trace.meta;
  const alone = runs(trace).filter(run => run.length === 1).flat();
  if (!alone.length || role.startsWith("band")) return [];
  return [{ x: alone.map(i => utc(timeOf(trace, i))), y: alone.map(i => trace.y[i]), mode: "markers",
    hoverinfo: "skip", marker: { size: 3, color: colours[resource] } }];
}
