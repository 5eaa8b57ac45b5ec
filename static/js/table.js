/* Filtering a table that is wholly on the page, while typing. The form around it works by GET without this file, and
   Enter still sends it, which puts the filter into the address.

   data-filter="id"    search input that filters the rows of the table with that id
   data-grammar        on the input: a line with words and figures (is:public, load>2) is for the server, on Enter
   data-result="id"    element that then says how many rows are shown

   A row may carry data-text, what is looked through instead of its own text. A group (a <tbody> with a head of its
   own) goes when all of its rows are gone. Keep the form outside of blocks that are refreshed.                      */

const isHead = row => row.querySelector("th[colspan]") !== null;
const GRAMMAR = /[:<>="]|(^|\s)-/;
const isForTheServer = input => "grammar" in input.dataset && GRAMMAR.test(input.value);
const textOf = row => (row.dataset.text ?? row.textContent).toLowerCase();

function filter(input) {
  const table = document.getElementById(input.dataset.filter);
  if (!table) return;
  const forTheServer = isForTheServer(input);
  const words = forTheServer ? [] : input.value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0, all = 0;
  for (const body of table.tBodies) {
    const rows = [...body.rows].filter(row => !isHead(row));
    for (const row of rows) row.hidden = !words.every(word => textOf(row).includes(word));
    const kept = rows.filter(row => !row.hidden).length;
    body.hidden = rows.length > 0 && kept === 0;
    shown += kept;
    all += rows.length;
  }
  const result = document.querySelector(`[data-result="${CSS.escape(table.id)}"]`);
  if (result) result.textContent = words.length ? `${shown} of ${all} shown`
    : forTheServer && input.value !== input.defaultValue ? "Enter applies it" : "";
}

function onInput(input) {
  // What the server filtered away is not on the page: only the server can bring it back.
  if (input.value.startsWith(input.defaultValue)) filter(input);
  else input.form?.requestSubmit();
}

document.addEventListener("input", event => {
  if (event.target.matches?.("[data-filter]")) onInput(event.target);
});
document.addEventListener("htmx:load", () => {
  for (const input of document.querySelectorAll("[data-filter]")) if (input.value) filter(input);
});
