/* The cursor: one moment for all charts of the page. The keys are the read-out; nothing floats over the data.
   A drawn chart is a slider: arrows walk the samples, PageUp and PageDown a dozen, Home and End to the ends, Escape
   leaves. Assistive technology hears the values of each step.                                                       */

import { MARGIN, ms } from "./charts-template.js";
import { timeOf } from "./charts-roles.js";

const KEY_STEPS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: -12, PageDown: 12,
  Home: -Infinity, End: Infinity };
const CLOCK = new Intl.DateTimeFormat("en-GB",
  { timeZone: "UTC", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

const clock = at => CLOCK.format(at).replace(",", "");
const between = (low, value, high) => Math.min(high, Math.max(low, value));

/* The same text as dashboard/charts/panel.py writes. */
export function valueText(value, digits) {
  if (value === null || value === undefined) return "—";
  const smallest = 10 ** -digits;
  if (value !== 0 && Math.abs(value) < smallest / 2) return `<${smallest.toFixed(digits)}`;
  return value.toLocaleString("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/* The trace whose samples the cursor walks: the one with the most of them. */
export const walked = chart => chart.figure.data.reduce((a, b) => b.y.length > a.y.length ? b : a);

const indexAt = (trace, at) => Math.round((at - trace.x0) / trace.dx);
const latest = trace => trace.y.findLastIndex(value => value !== null);

function readOut(chart, at) {
  const { digits, unit } = chart.meta;
  for (const output of chart.figureElement.querySelectorAll("output[data-i]")) {
    const trace = chart.figure.data[Number(output.dataset.i)];
    const value = trace.y[at === null ? latest(trace) : indexAt(trace, at)];
    const text = valueText(value, digits);
    output.value = text === "—" ? text : `${text}\u00a0${unit}`;
  }
}

function eventNear(chart, at) {
  const close = walked(chart).dx * 3;
  const found = (chart.meta.events ?? []).filter(event => Math.abs(event.at - at) < close)
    .sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at))[0];
  return found && `${clock(found.at)} · ${found.label}`;
}

function gapAt(chart, at) {
  const found = (chart.meta.gaps ?? []).find(gap => gap.from < at && at < gap.to);
  return found && `${clock(at)} · ${found.why}`;
}

function placeHair(chart, at) {
  const [from, to] = (chart.range ?? chart.full).map(ms);
  const share = (at - from) / (to - from);
  chart.hair.hidden = at === null || share < 0 || share > 1;
  const width = chart.plot.clientWidth - MARGIN.l - MARGIN.r;
  if (!chart.hair.hidden) chart.hair.style.left = `${MARGIN.l + share * width}px`;
}

/* Shows `at` (milliseconds) in all charts, or their latest values when it is null. */
export function moveCursor(charts, at) {
  for (const chart of charts) {
    if (!chart.hair) continue;
    readOut(chart, at);
    const place = chart.figureElement.querySelector(".at");
    if (place) place.textContent = at === null ? "latest" : eventNear(chart, at) ?? gapAt(chart, at) ?? clock(at);
    placeHair(chart, at);
  }
}

export function becomeSlider(chart) {
  const size = walked(chart).y.length;
  const attributes = { role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": size - 1,
    "aria-valuenow": size - 1, "aria-valuetext": "latest", "aria-roledescription": "chart" };
  for (const [name, value] of Object.entries(attributes)) chart.plot.setAttribute(name, value);
}

function speak(chart) {
  const values = [...chart.figureElement.querySelectorAll(".keys li")].map(key => key.textContent.trim());
  chart.plot.setAttribute("aria-valuenow", String(indexAt(walked(chart), chart.at)));
  chart.plot.setAttribute("aria-valuetext", `${clock(chart.at)}: ${values.join(", ")}`);
}

/* What a key does to the cursor; true when it did something. */
export function walk(charts, chart, key) {
  if (key === "Escape") {
    chart.at = null;
    moveCursor(charts, null);
    return false;                                         // others may close something, too
  }
  const step = KEY_STEPS[key];
  if (!step) return false;
  const trace = walked(chart);
  const from = chart.at === null ? latest(trace) - Math.sign(step) * (Math.abs(step) === 1 ? 0 : 1) : indexAt(trace, chart.at);
  chart.at = timeOf(trace, between(0, from + step, trace.y.length - 1));
  moveCursor(charts, chart.at);
  speak(chart);
  return true;
}
