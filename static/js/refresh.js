/* One refresh clock for the page.

   data-clock="30"     element that says when the next refresh comes; the number is the period in seconds
   data-pause          button that stops and starts the clock
   data-refresh        block with an id that a refresh replaces by the block of that id on the same page, fetched anew
   data-age-seconds    age in seconds when it was written; counted on here, so that it stays true while nothing comes
   data-word           on a block: a word that is spoken (through data-said) when a refresh changes it

   All blocks come with one request. Focus, scroll and open details stay. Without this file the page stands still and
   its ages are those of when it was made. Nothing is asked while the tab is hidden, while text is selected, or while
   a request is on its way.                                                                                          */

const clock = document.querySelector("[data-clock]");
const pauseButton = document.querySelector("[data-pause]");
// The block of the data's age is refreshed and says the period: short until there are figures.
const periodSeconds = () => Number(document.querySelector("[data-period]")?.dataset.period || clock?.dataset.clock);

let left = periodSeconds();
let paused = false;
let asking = false;
let failed = false;
let kept = null;

const blocks = () => [...document.querySelectorAll("[data-refresh][id]")];
const born = new WeakMap();

/* ---- ages ---- */
const SPANS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

function ageText(seconds) {                              // as dashboard/figures.py writes it
  const [size, unit] = SPANS.find(([size]) => seconds >= size) ?? [1, "s"];
  return seconds < 1 ? "<1\u00a0s" : `${Math.floor(seconds / size)}\u00a0${unit}`;
}

function countAges() {
  for (const element of document.querySelectorAll("[data-age-seconds]")) {
    if (!born.has(element)) born.set(element, performance.now());
    const since = (performance.now() - born.get(element)) / 1000;
    element.textContent = ageText(Number(element.dataset.ageSeconds) + since);
  }
}

/* ---- what a swap must not lose ---- */
const detailsOf = block => [...block.querySelectorAll("details")];

/* An element of a block is known again by its id, else by its kind and address and by which of those it is. */
const alike = (block, { tag, href }) =>
  [...block.querySelectorAll(tag)].filter(element => element.getAttribute("href") === href);

function placeOf(element) {
  const block = element?.closest("[data-refresh][id]");
  if (!block) return null;
  const kind = { tag: element.tagName, href: element.getAttribute("href") };
  return { ...kind, block: block.id, id: element.id, index: alike(block, kind).indexOf(element) };
}

function elementAt(place) {
  if (place.id) return document.getElementById(place.id);
  const block = document.getElementById(place.block);
  return block && alike(block, place)[place.index];
}

/* What was chosen and not sent yet: boxes that are not as the server wrote them. */
const chosen = () => [...document.querySelectorAll("[data-refresh] input[type=checkbox][id]")]
  .filter(box => box.checked !== box.defaultChecked).map(box => [box.id, box.checked]);

const scrolled = () => [...document.querySelectorAll("[data-refresh] :is(pre, details)")]
  .filter(element => element.scrollTop > 0).map(element => [placeOf(element), element.scrollTop]);

function remember() {
  const active = document.activeElement;
  return {
    focus: placeOf(active),
    range: active instanceof HTMLInputElement && active.selectionStart !== null
      ? [active.selectionStart, active.selectionEnd] : null,
    scroll: [scrollX, scrollY],
    scrolled: scrolled(),
    chosen: chosen(),
    open: blocks().map(block => [block.id, detailsOf(block).map(details => details.open)]),
    words: new Map([...document.querySelectorAll("[data-word]")].map(block => [block.id, block.dataset.word])),
  };
}

function restore(kept) {
  for (const [id, open] of kept.open) {
    const block = document.getElementById(id);
    // A block whose content changed shape keeps what the server says.
    if (block && detailsOf(block).length === open.length)
      detailsOf(block).forEach((details, index) => { details.open = open[index]; });
  }
  for (const [id, checked] of kept.chosen) {
    const box = document.getElementById(id);
    if (box) box.checked = checked;
  }
  const focus = kept.focus && elementAt(kept.focus);
  if (focus && focus !== document.activeElement) {
    focus.focus({ preventScroll: true });
    if (kept.range) focus.setSelectionRange(...kept.range);
  }
  for (const [place, top] of kept.scrolled) {
    const element = elementAt(place);
    if (element) element.scrollTop = top;
  }
  scrollTo(...kept.scroll);
  for (const block of document.querySelectorAll("[data-word]"))
    if (kept.words.has(block.id) && kept.words.get(block.id) !== block.dataset.word)
      document.querySelector("[data-said]").textContent = block.innerText;
}

/* ---- the refresh ---- */
const inTheWay = () => {
  const selection = getSelection();
  return !selection.isCollapsed && blocks().some(block => selection.intersectsNode?.(block) ?? selection.containsNode(block, true));
};

async function refresh() {
  const ids = blocks().map(block => `#${CSS.escape(block.id)}`);
  if (!ids.length) return;
  asking = true;
  failed = true;                                          // until an answer says otherwise
  try {
    await htmx.ajax("GET", location.pathname + location.search, { source: clock, swap: "none", selectOOB: ids.join(",") });
  } catch { /* told by `failed` */ }
  asking = false;
  if (!failed) restore(kept);
  left = periodSeconds();
  show();
}

function onAnswer(event) {
  if (event.detail.elt !== clock) return;
  const { xhr } = event.detail;
  failed = xhr.status !== 200;
  kept = remember();                                      // as late as possible: the reader may have gone on
  // Sent elsewhere: the session ended, or the page moved. Go there instead of standing still.
  if (!failed && new URL(xhr.responseURL).pathname !== location.pathname) location.reload();
}

function show() {
  if (!clock) return;
  clock.textContent = paused ? "paused" : failed ? `no answer, again in ${left}\u00a0s` : `next in ${left}\u00a0s`;
}

function tick() {
  if (document.hidden) return;
  countAges();
  if (paused || asking || !clock || !blocks().length) return;
  left -= 1;
  if (left <= 0 && inTheWay()) left = 1;
  if (left <= 0) refresh();
  else show();
}

function togglePause() {
  paused = !paused;
  pauseButton.setAttribute("aria-pressed", String(paused));
  if (!paused) left = 1;                                  // whoever goes on wants to see now
  show();
}

if (clock && blocks().length) {
  pauseButton.hidden = false;
  pauseButton.addEventListener("click", togglePause);
  document.addEventListener("htmx:beforeOnLoad", onAnswer);
  document.addEventListener("visibilitychange", () => { if (!document.hidden && left < periodSeconds()) left = 1; });
  show();
}
countAges();
setInterval(tick, 1000);
