/* Draws <figure class="chart" data-chart> from the Plotly figure in its <script type="application/json">.

   The figure is written by the server with its title, keys (<output data-i> per trace) and a table of the same numbers,
   which is the chart when there is no script. What the JSON holds: dashboard/charts/lines.py. This file adopts figures,
   draws them when they come near the viewport, and keeps them through refreshes and changes of theme.               */

import { palette } from "./charts-palette.js";
import { build, ms, timeAxis } from "./charts-template.js";
import { becomeSlider, moveCursor, walk } from "./charts-cursor.js";
import { timeOf } from "./charts-roles.js";

const NEAR = { rootMargin: "400px" };
let charts = [];

/* ---- one window for a group ---- */
function span(figure) {
  const given = figure.layout.xaxis?.range;
  if (given) return given;
  const ends = figure.data.flatMap(trace => [trace.x0, timeOf(trace, trace.y.length - 1)]);
  return [Math.min(...ends), Math.max(...ends)];
}

function zoom(from, range) {
  for (const chart of charts.filter(chart => chart.hair && chart.meta.group === from.meta.group)) {
    chart.range = range;
    chart.following = true;                               // not answered as if the reader had zoomed
    const axis = timeAxis(range ?? chart.full, chart.plot.clientWidth);
    Plotly.relayout(chart.plot, { "xaxis.range": axis.range, "xaxis.dtick": axis.dtick, "xaxis.tick0": axis.tick0 })
      .then(() => { chart.following = false; });
  }
}

function onRelayout(chart, change) {
  if (chart.following) return;
  if ("xaxis.range[0]" in change) zoom(chart, [change["xaxis.range[0]"], change["xaxis.range[1]"]]);
  else if ("xaxis.autorange" in change || "xaxis.range" in change) zoom(chart, null);
}

/* ---- drawing ---- */
const draw = chart => Plotly.react(chart.plot, ...build(chart, palette()));

function listen(chart) {
  // Looked up at each event: a refresh puts the plot into another figure.
  const present = () => charts.find(other => other.plot === chart.plot);
  chart.plot.on("plotly_hover", event => { present().at = ms(event.xvals[0]); moveCursor(charts, present().at); });
  chart.plot.on("plotly_unhover", () => { present().at = null; moveCursor(charts, null); });
  chart.plot.on("plotly_relayout", change => onRelayout(present(), change));
  chart.plot.addEventListener("keydown", event => { if (walk(charts, present(), event.key)) event.preventDefault(); });
  chart.plot.addEventListener("blur", () => { present().at = null; moveCursor(charts, null); });
}

async function show(chart) {
  if (chart.hair) return;
  chart.hair = Object.assign(document.createElement("div"), { className: "xhair", hidden: true });
  await Plotly.newPlot(chart.plot, ...build(chart, palette()));
  chart.plot.append(chart.hair);
  listen(chart);
  // One that is drawn later leaves the cursor where the reader has it.
  moveCursor([chart], charts.find(other => other.at !== null)?.at ?? null);
}

/* ---- adopting ---- */
const observer = new IntersectionObserver(entries => {
  for (const entry of entries.filter(entry => entry.isIntersecting)) {
    observer.unobserve(entry.target);
    const chart = charts.find(chart => chart.figureElement === entry.target);
    if (chart) show(chart);
  }
}, NEAR);

/* The drawn plot of a figure that a refresh replaced moves into the new one: no blank, no jump, zoom and cursor stay. */
function inherit(chart, before) {
  const [label, focused] = [chart.plot.getAttribute("aria-label"), before.plot === document.activeElement];
  chart.plot.replaceWith(before.plot);
  before.plot.setAttribute("aria-label", label);
  Object.assign(chart, { plot: before.plot, hair: before.hair, range: before.range, at: before.at });
  if (focused) chart.plot.focus({ preventScroll: true });
  draw(chart).then(() => moveCursor(charts, chart.at));
}

function adopt(figureElement, gone) {
  const figure = JSON.parse(figureElement.querySelector("script[type='application/json']").textContent);
  const details = figureElement.querySelector("details");
  const chart = { figureElement, figure, meta: figure.layout.meta, full: span(figure),
    plot: figureElement.querySelector(".plot"), hair: null, range: null, at: null, following: false };
  figureElement.dataset.live = "";
  const before = gone.find(old => old.figureElement.id === figureElement.id && old.hair);
  details.open = before ? before.figureElement.querySelector("details").open : false;
  charts.push(chart);
  if (before) inherit(chart, before);
  else observer.observe(figureElement);
  becomeSlider(chart);
}

function scan() {
  if (!window.Plotly) return;                             // it did not arrive: the tables stay open and are the charts
  const gone = charts.filter(chart => !chart.figureElement.isConnected);
  charts = charts.filter(chart => chart.figureElement.isConnected);
  for (const element of document.querySelectorAll("figure[data-chart]:not([data-live])")) adopt(element, gone);
  for (const chart of gone) if (!chart.plot.isConnected && chart.hair) Plotly.purge(chart.plot);
}

const repaint = () => { for (const chart of charts) if (chart.hair) draw(chart); };

document.addEventListener("click", event => {
  const link = event.target.closest("figure[data-chart] [data-table]");
  if (!link) return;
  event.preventDefault();
  const details = link.closest("figure").querySelector("details");
  details.open = !details.open;
});
document.addEventListener("htmx:load", scan);
addEventListener("beforeprint", () => charts.forEach(show));
new MutationObserver(repaint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
document.fonts.ready.then(scan);
