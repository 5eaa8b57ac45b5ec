/* The few behaviours of the frame. Every page works without this file.

   data-theme-set   button that switches light and dark; kept in a cookie, so that the server writes the theme
   data-search      input that "/" goes to
   data-key="x"     link or button pressed by the key x
   data-go="x"      link opened by g, then x
   data-help        dialog opened by "?"
   data-copy        button that copies the text of the <pre> beside it                                             */

const root = document.documentElement;
const OURS = new URL("../../", import.meta.url).pathname;   // this file is static/js/frame.js; a proxy may show it deeper
const YEAR_SECONDS = 31536000;
const CHORD_MS = 1500;

/* ---- theme ---- */
const isDark = () =>
  root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;

function switchTheme() {
  const theme = isDark() ? "light" : "dark";
  root.dataset.theme = theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; Path=${OURS}; Max-Age=${YEAR_SECONDS}; SameSite=Lax${secure}`;
}

/* ---- menus ---- */
const openMenus = () => document.querySelectorAll("details.menu[open]");

function closeMenus(except) {
  for (const menu of openMenus()) {
    if (menu.contains(except)) continue;
    if (menu.contains(document.activeElement)) menu.querySelector("summary").focus();
    menu.open = false;
  }
}

/* ---- keys ---- */
const isTyping = target => target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName);
const visible = selector => [...document.querySelectorAll(selector)].find(element => element.checkVisibility());

const keys = {
  "/": () => visible("[data-search]"),
  "?": () => document.querySelector("[data-help]"),
};
let chordUntil = 0;

function reach(element) {
  if (!element) return false;
  if (element instanceof HTMLDialogElement) element.showModal();
  else if (element instanceof HTMLInputElement) element.focus();
  else element.click();
  return true;
}

function onKey(event) {
  if (event.key === "Escape") closeMenus();
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  const name = CSS.escape(event.key);
  if (event.timeStamp < chordUntil) {
    chordUntil = 0;
    if (reach(document.querySelector(`[data-go="${name}"]`))) event.preventDefault();
    return;
  }
  if (event.key === "g") chordUntil = event.timeStamp + CHORD_MS;
  else if (reach(keys[event.key]?.() ?? visible(`[data-key="${name}"]`))) event.preventDefault();
}

/* ---- copying ---- */
async function copy(button) {
  const word = button.querySelector("span") ?? button;
  const before = word.textContent;
  try {
    await navigator.clipboard.writeText(button.closest(".code").querySelector("pre").innerText);
    word.textContent = "Copied";
  } catch {
    word.textContent = "Not copied";
  }
  setTimeout(() => { word.textContent = before; }, 2000);
}

function reveal(within) {
  const copying = navigator.clipboard ? ", [data-copy]" : "";   // browsers offer it over https and on localhost only
  for (const button of within.querySelectorAll(`[data-theme-set]${copying}`)) button.hidden = false;
}

document.addEventListener("click", event => {
  closeMenus(event.target);
  if (event.target.closest("[data-theme-set]")) switchTheme();
  const copying = event.target.closest("[data-copy]");
  if (copying) copy(copying);
});
document.addEventListener("keydown", onKey);
document.addEventListener("htmx:load", event => reveal(event.detail.elt));
reveal(document);

const strip = document.querySelector(".rail");
const here = strip?.querySelector("[aria-current]");
if (here && strip.scrollWidth > strip.clientWidth) strip.scrollLeft = here.offsetLeft - strip.clientWidth / 3;
