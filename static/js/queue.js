// The queue: moving, selecting, previewing, bulk actions, and rows that change by themselves.
import { $, $$ } from "./common.js";
import { keys, rowsChanged } from "./desk.js";

const body = $("#rows");
const split = $("#split");
const preview = $("#preview");
const side = $(".list-side");
const scroller = () => (split.classList.contains("with-preview") ? side : $("#main"));
const rows = () => $$("tr[data-number]", body);
let at = -1;

function mark(index, { scroll = true } = {}) {
  const all = rows();
  if (!all.length) return;
  at = Math.max(0, Math.min(index, all.length - 1));
  all.forEach((row, n) => row.setAttribute("aria-selected", String(n === at)));
  if (scroll) all[at].scrollIntoView({ block: "nearest" });
  if (!preview.hidden) show(all[at]);
}
const current = () => rows()[at];
const open = (row) => { location.href = `/desk/${row.dataset.number}/`; };

let shown = "";
async function show(row) {
  shown = row.dataset.number;
  const answer = await fetch(`/desk/${shown}/?preview=1`, { headers: { "HX-Request": "true" } });
  if (shown !== row.dataset.number) return;
  if (preview.hidden) { const top = $("#main").scrollTop; preview.hidden = false; split.classList.add("with-preview"); side.scrollTop = top; }
  preview.innerHTML = answer.ok ? await answer.text() : "";
  preview.scrollTop = 0;
  row.classList.remove("unread");
}
function hide() {
  shown = ""; preview.hidden = true; preview.replaceChildren();
  const top = side.scrollTop; split.classList.remove("with-preview"); $("#main").scrollTop = top;
}

keys.set("j", () => mark(at + 1));
keys.set("k", () => mark(at - 1));
keys.set("ArrowDown", () => mark(at + 1));
keys.set("ArrowUp", () => mark(at - 1));
keys.set("Enter", (event) => { if (event.target.closest("a, button, summary") || !current()) return false; open(current()); });
keys.set(" ", (event) => { if (event.target.closest("a, button, summary, input")) return false; if (!preview.hidden) hide(); else if (rows().length) { if (at < 0) mark(0); show(current()); } });
keys.set("x", () => { const box = current() && $("input[type=checkbox]", current()); if (box) { box.checked = !box.checked; count(); } });
keys.set("Escape", () => { if (!preview.hidden) hide(); else { for (const box of boxes()) box.checked = false; count(); } });
keys.set("i", () => { if (current() && !chosen().length) { $("input[type=checkbox]", current()).checked = true; } if (chosen().length) send("take", ""); });
for (const [key, name] of [["r", "reply"], ["n", "note"], ["s", "steps"], ["p", "priority"], ["l", "link"], ["a", "assign"]]) keys.set(key, () => { if (current()) location.href = `/desk/${current().dataset.number}/#${name}`; });

body.addEventListener("click", (event) => {
  const row = event.target.closest("tr[data-number]");
  if (!row || event.target.closest("a, input, button")) return;
  mark(rows().indexOf(row), { scroll: false });
  if (preview.hidden && matchMedia("(min-width: 901px)").matches) show(row);
  else if (preview.hidden) open(row);
});
preview.addEventListener("click", (event) => { if (event.target.closest("[data-close-preview]")) hide(); });

// --- Bulk -----------------------------------------------------------------------------------
const form = $("#bulk-form");
const bar = $(".bulk");
const boxes = () => $$("tbody input[name=ticket]", form);
const chosen = () => boxes().filter((box) => box.checked);
function count() {
  const number = chosen().length;
  bar.hidden = !number;
  $("[data-selected]").textContent = number ? `${number} ✓` : "";
  const all = $("[data-all]");
  all.checked = number > 0 && number === boxes().length;
  all.indeterminate = number > 0 && !all.checked;
}
function send(action, value) { form.elements.action.value = action; form.elements.value.value = value; form.requestSubmit(); }
form.addEventListener("change", (event) => {
  if (event.target.matches("[data-all]")) for (const box of boxes()) box.checked = event.target.checked;
  count();
});
form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-bulk]");
  if (button) send(button.dataset.bulk, button.dataset.value ?? "");
  const raise = event.target.closest("[data-raise]");
  if (raise) location.href = `${raise.dataset.raise}?${new URLSearchParams(chosen().map((box) => ["for", box.value]))}`;
  if (event.target.closest("[data-none]")) { for (const box of boxes()) box.checked = false; count(); }
});
count();

// --- News -----------------------------------------------------------------------------------
// Rows are replaced where they stand. New ones go on top when the newest are on top anyway; what
// the agent reads stays where it is, and a button says how many came above it.
const newestFirst = $("table.queue").dataset.sort === "activity";
const above = $(".new-above");
let waiting = 0;
function announce() {
  above.hidden = !waiting;
  if (waiting) $("span", above).textContent = `${waiting} new`;
}
$("[data-new]").addEventListener("click", () => {
  if (!newestFirst) { location.reload(); return; }
  waiting = 0; announce(); scroller().scrollTop = 0;
});
function keepState(old, fresh) {
  const box = $("input", fresh);
  box.checked = $("input", old).checked;
  if (old.hasAttribute("aria-selected")) fresh.setAttribute("aria-selected", old.getAttribute("aria-selected"));
  return fresh;
}
rowsChanged.push((news) => {
  const fresh = $$("tr", news.content);
  const ids = new Set(fresh.map((row) => row.id));
  for (const id of news.dataset.changed.split(" ")) if (id && !ids.has(`t${id}`)) document.getElementById(`t${id}`)?.classList.add("gone");
  for (const row of fresh.reverse()) {
    const old = document.getElementById(row.id);
    if (old) {
      if (old.dataset.version !== row.dataset.version || old.classList.contains("gone")) { row.classList.add("fresh"); old.replaceWith(keepState(old, row)); }
    } else if (newestFirst) {
      const marked = current(), box = scroller(), reading = box.scrollTop > 8 || at > 0 || chosen().length;
      row.classList.add("fresh");
      body.prepend(row);
      if (reading) { box.scrollTop += row.offsetHeight; waiting += 1; }
      if (marked) at = rows().indexOf(marked);
    } else waiting += 1;
  }
  if (fresh.length) $(".list-side > form > .empty")?.remove();
  announce();
});
