// The agents' frame: keyboard, dialogs, type-ahead, live counts.
import { $, $$, toast } from "./common.js";
import { suggestAll } from "./suggest.js";
import "./due.js";
import "./articles.js";

// --- Keyboard -------------------------------------------------------------------------------
const GO = { m: "mine", o: "open", t: "team", u: "unassigned", w: "waiting", a: "all" };
let afterG = -Infinity;
export const keys = new Map(); // key → action of the page in view

const typing = (element) => element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "k") { event.preventDefault(); $("#search").focus(); return; }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (typing(event.target)) { if (event.key === "Escape") event.target.blur(); return; }
  if ($("dialog[open]")) return;
  if (event.timeStamp - afterG < 1500 && GO[event.key]) { event.preventDefault(); location.href = `/desk/?view=${GO[event.key]}`; return; }
  const place = event.timeStamp - afterG < 1500 && /^[a-z]$/.test(event.key) && $(`[data-go="${event.key}"]`);
  if (place) { event.preventDefault(); location.href = place.href; return; }
  if (event.key === "g") { afterG = event.timeStamp; return; }
  if (event.key === "/") { event.preventDefault(); $("#search").focus(); return; }
  if (event.key === "?") { $("#show-keys").click(); return; }
  const action = keys.get(event.key);
  if (action) { if (action(event) !== false) event.preventDefault(); return; }
  if (/^[a-z]$/.test(event.key)) {
    const target = $(`[data-key="${event.key}"]`);
    if (target) {
      event.preventDefault();
      target.click();
      if (target.matches("summary") && target.parentElement.open) $("a, button", target.nextElementSibling)?.focus();
    }
  }
});

document.addEventListener("click", (event) => {
  const burger = event.target.closest("[data-rail]");
  const rail = $("#rail");
  if (burger) {
    const shown = rail.classList.toggle("shown");
    burger.ariaExpanded = String(shown);
    if (shown) $("a", rail).focus();
  } else if (rail?.classList.contains("shown") && !rail.contains(event.target)) {
    rail.classList.remove("shown");
    $("[data-rail]").ariaExpanded = "false";
  }
});

// --- Exact times on hover, in the page's language and the agent's zone -----------------------
const exact = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeStyle: "short", timeZone: document.body.dataset.zone });
document.addEventListener("mouseover", (event) => {
  const time = event.target.closest?.("time:not([title])");
  if (time) time.title = exact.format(new Date(time.dateTime));
});

// --- htmx -----------------------------------------------------------------------------------
document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.detail.target;
  if (target.id === "keys") target.showModal();
  if (target.id === "step") {
    if ($("form", target)) { if (!target.open) target.showModal(); $("select, textarea, input:not([type=hidden])", target)?.focus(); } else target.close();
  }
  suggestAll(); // first: it moves the field, which would lose the focus
  const form = target.matches?.(".in-place") ? target : $(".in-place", target);
  if (form && !form.contains(document.activeElement)) $("select, textarea, input:not([type=hidden])", form)?.focus();
});
// A step taken in a dialog answers with a redirect: the page is loaded afresh.
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  if (requestConfig.verb === "post" && event.detail.target.id === "step" && xhr.status === 200) { location.reload(); event.detail.shouldSwap = false; }
});
document.addEventListener("htmx:sendError", () => toast("The server does not answer. What you typed is kept; try again."));
document.addEventListener("htmx:responseError", (event) => { if (event.detail.xhr.status >= 500) toast("Something went wrong on our side. What you typed is kept; try again."); });

// --- Pulse: what changed while the page stood open ---------------------------------------------
export function everySeconds(seconds, work) {
  let wait = seconds;
  const turn = async () => {
    if (!document.hidden) {
      try { await work(); wait = seconds; } catch { wait = Math.min(wait * 2, 60); }
    }
    setTimeout(turn, wait * 1000);
  };
  setTimeout(turn, wait * 1000);
}

const main = $("#main");
export const rowsChanged = []; // the queue listens: function(template)
everySeconds(3, async () => {
  const here = new URLSearchParams(location.search);
  here.delete("after");
  here.set("cursor", main.dataset.cursor);
  const answer = await fetch(`${main.dataset.pulse}?${here}`, { headers: { "HX-Request": "true" } });
  if (answer.status === 204) return;
  if (answer.redirected || !answer.ok) throw new Error("no pulse");
  const holder = document.createElement("div");
  holder.innerHTML = await answer.text();
  const news = $("template", holder);
  main.dataset.cursor = news.dataset.cursor;
  for (const data of $$("data", news.content)) for (const place of $$(`[data-count="${data.dataset.slug}"]`)) place.textContent = data.getAttribute("value");
  const bell = $("[data-unread]");
  bell.textContent = news.dataset.unread;
  bell.hidden = news.dataset.unread === "0";
  for (const listener of rowsChanged) listener(news);
});

// An undo that was done needs no toast any more.
document.addEventListener("htmx:afterRequest", (event) => event.target.closest?.(".toast")?.remove());
