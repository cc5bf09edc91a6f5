// The ticket page: composer, keyboard, and what others do to it meanwhile.
import { $, $$ } from "./common.js";
import { everySeconds, keys } from "./desk.js";

const ticket = $("#ticket");
const composer = $("#composer");
const say = $("#say");

function kind(value) {
  const choice = $(`input[name=kind][value=${value}]`, composer);
  if (choice && !choice.disabled) choice.checked = true;
  dress();
}
function dress() {
  const note = composer.elements.kind.value === "note";
  composer.classList.toggle("as-note", note);
  say.placeholder = note ? say.dataset.note : say.dataset.reply;
  for (const part of $$(".reply-only", composer)) part.hidden = note;
  say.name = "body";
}
composer.addEventListener("change", dress);
dress();

const write = (value) => () => { kind(value); say.focus(); say.scrollIntoView({ block: "nearest" }); };
keys.set("r", write("reply"));
keys.set("n", write("note"));
keys.set("s", () => $("#steps a, #steps button")?.focus());
say.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("[data-send]", composer).click(); });

// Coming from the queue with a wish: /desk/INC-1/#note
const wish = location.hash.slice(1);
if (wish === "reply" || wish === "note") write(wish)();
else if (wish === "steps") $("#steps a, #steps button")?.focus();
else if (wish === "priority") $('[data-key="p"]')?.click();
else if (wish === "assign") $('[data-key="a"]')?.click();
else if (wish === "link") $('[data-key="l"]')?.click();

let lastTyped = -1e9;
say.addEventListener("input", (event) => { lastTyped = event.timeStamp; });

// Parts are replaced whole, but never one in which somebody is editing.
function take(html) {
  const holder = document.createElement("template");
  holder.innerHTML = html;
  for (const part of [...holder.content.children]) {
    const old = part.id && document.getElementById(part.id);
    if (!old || $(".in-place", old)) continue;
    part.removeAttribute("hx-swap-oob");
    old.replaceWith(part);
    window.htmx?.process(part);
  }
}
const version = () => $("#live-head").dataset.version;
everySeconds(4, async () => {
  const asked = version();
  const busy = performance.now() - lastTyped < 5000 ? 1 : 0;
  const answer = await fetch(`${ticket.dataset.pulse}?version=${asked}&typing=${busy}`, { headers: { "HX-Request": "true" } });
  if (!answer.ok || answer.redirected) throw new Error("no pulse");
  const html = await answer.text();
  if (asked === version()) take(html);
});
