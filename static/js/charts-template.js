/* The one chart template: axes, grid and margins, gaps and events. What a line looks like stands in charts-roles.js. */

import { area, drawn, lonely, utc } from "./charts-roles.js";
import { raised } from "./charts-stack.js";

export const MARGIN = { l: 44, r: 12, t: 12, b: 22, pad: 0 };   // fixed, so that charts line up down the page
const CLEAR = "rgba(0,0,0,0)";
const GLYPHS = { deploy: "diamond-open", failure: "square", alert: "triangle-up", note: "circle-open" };
export const CONFIG = { displayModeBar: false, responsive: true, doubleClick: "reset", showTips: false };

/* ---- axes ---- */
const MINUTE = 60000;
const MONTH = 2.63e9;
const TICK_PIXELS = 84;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 20160].map(minutes => minutes * MINUTE);
const FORMATS = [
  { dtickrange: [null, 59999], value: "%H:%M:%S" }, { dtickrange: [60000, 43199999], value: "%H:%M" },
  { dtickrange: [43200000, "M1"], value: "%-d %b" }, { dtickrange: ["M1", null], value: "%b %Y" }];

export const ms = value => typeof value === "number" ? value : Date.parse(/Z$/.test(value) ? value : `${value.replace(" ", "T")}Z`);

/* Ticks fall on round clock times and whole weeks, from a Monday, or on the first of a month. */
export function timeAxis(range, width) {
  const span = ms(range[1]) - ms(range[0]);
  const ticks = Math.max(2, width / TICK_PIXELS);
  const dtick = STEPS.find(step => span / step <= ticks) ?? `M${[1, 2, 3, 6].find(n => span / n / MONTH <= ticks) ?? 12}`;
  const tick0 = typeof dtick === "string" ? "2026-01-01" : "2026-01-05";
  return { range: range.map(value => utc(ms(value))), tick0, dtick, tickformatstops: FORMATS };
}

function axes(chart, colours) {
  const { unit } = chart.meta;
  return {
    xaxis: {
      type: "date", showgrid: false, zeroline: false, showline: true, linecolor: colours.edge, linewidth: 1,
      ticks: "outside", ticklen: 4, tickcolor: colours.edge, automargin: false,
      ...timeAxis(chart.range ?? chart.full, chart.plot.clientWidth),
    },
    yaxis: {
      showgrid: true, gridcolor: colours.line, gridwidth: 1, zeroline: false, showline: false, ticks: "", nticks: 5,
      rangemode: "tozero", fixedrange: true, automargin: false, ticklabelstandoff: 4, exponentformat: "none",
      // A long unit stands in the caption only.
      ticksuffix: unit.length > 2 ? "" : `\u2009${unit}`, showticksuffix: "last", ...chart.figure.layout.yaxis,
    },
    yaxis2: { overlaying: "y", range: [0, 1], visible: false, fixedrange: true },
  };
}

/* ---- what is not a line ---- */
const hatched = (gap, colours) => ({
  x: [gap.from, gap.from, gap.to, gap.to].map(utc), y: [0, 1, 1, 0], yaxis: "y2", fill: "toself", mode: "lines",
  hoverinfo: "skip", line: { width: 0 },
  fillpattern: { shape: "/", size: 6, solidity: 0.15, fgcolor: colours.edge, bgcolor: CLEAR } });

const eventColour = (kind, colours) =>
  kind === "failure" ? colours["bad-fill"] : kind === "alert" ? colours["warn-fill"] : colours["ink-2"];

const upright = (at, line) => ({ type: "line", x0: utc(at), x1: utc(at), yref: "paper", y0: 0, y1: 1, line });

const glyph = (event, colours) => ({
  x: [utc(event.at)], y: [1], yaxis: "y2", mode: "markers", cliponaxis: false, hoverinfo: "skip",
  marker: { symbol: GLYPHS[event.kind], size: 7, color: eventColour(event.kind, colours),
    line: { color: eventColour(event.kind, colours), width: 1.25 } } });

/* A limit is told beside its line, at the left edge, where nothing else is; a total above it leaves no room for that,
   and the key has to do. */
const limitLabel = (trace, colours) => ({
  xref: "paper", x: 0, xanchor: "left", y: trace.y.findLast(value => value !== null), yanchor: "bottom", yshift: -1,
  text: trace.meta.label ?? trace.name, showarrow: false, font: { color: colours["ink-2"], size: 11 } });

export function build(chart, colours) {
  const data = raised(chart.figure.data);
  const { gaps = [], events = [], now } = chart.meta;
  const traces = [
    ...gaps.map(gap => hatched(gap, colours)),
    ...data.flatMap((trace, i) =>
      [...area(trace, data[i - 1], colours), drawn(trace, colours), ...lonely(trace, colours)]),
    ...events.map(event => glyph(event, colours))];
  const layout = {
    font: { family: getComputedStyle(document.body).fontFamily, size: 11, color: colours["ink-3"] },
    paper_bgcolor: CLEAR, plot_bgcolor: CLEAR, margin: MARGIN, showlegend: false, dragmode: "zoom", autosize: true,
    hovermode: "x", hoverdistance: -1, spikedistance: 0,
    shapes: [
      ...(now ? [upright(now, { color: colours.ink, width: 1 })] : []),
      ...events.map(event => upright(event.at, { color: eventColour(event.kind, colours), width: 1, dash: "1px,2px" }))],
    annotations: data.some(trace => trace.meta.role === "total") ? []
      : data.filter(trace => trace.meta.role === "limit" && trace.y.some(value => value !== null))
        .map(trace => limitLabel(trace, colours)),
    ...axes(chart, colours),
  };
  return [traces, layout, CONFIG];
}
