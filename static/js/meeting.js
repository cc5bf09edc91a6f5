// A meeting led from the keyboard: j/k change, arrows member, y/n/a vote, m minutes, Ctrl Enter result.
import { $, $$ } from "./common.js";
import { keys } from "./desk.js";

let item = 0, member = 0;
const items = () => $$("[data-item]");
const members = () => $$("[data-member]", items()[item]);

function show(scroll = true) {
  const all = items();
  if (!all.length) return;
  item = Math.min(Math.max(item, 0), all.length - 1);
  const rows = members();
  member = Math.min(Math.max(member, 0), rows.length - 1);
  for (const other of $$("[data-item], [data-member]")) other.classList.remove("current");
  all[item].classList.add("current");
  rows[member]?.classList.add("current");
  if (scroll) (rows[member] ?? all[item]).scrollIntoView({ block: "nearest" });
}
const go = (step) => () => { item += step; member = 0; show(); items()[item]?.scrollIntoView({ block: "start" }); };
const vote = (value) => () => { const button = $(`[data-vote=${value}]`, members()[member]); if (!button) return false; button.click(); member += 1; };

keys.set("j", go(1));
keys.set("k", go(-1));
keys.set("ArrowDown", () => { member += 1; show(); });
keys.set("ArrowUp", () => { member -= 1; show(); });
keys.set("y", vote("yes"));
keys.set("n", vote("no"));
keys.set("a", vote("abstain"));
keys.set("m", () => $("[data-minutes]", items()[item])?.focus());
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); $("[data-apply]", items()[item])?.click(); }
});
document.addEventListener("pointerdown", (event) => {
  const place = event.target.closest("[data-item]");
  if (!place) return;
  item = items().indexOf(place);
  const row = event.target.closest("[data-member]");
  if (row) member = members().indexOf(row);
  show(false);
});
document.addEventListener("htmx:afterSwap", () => show());
show(false);
