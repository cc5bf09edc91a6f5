// Articles while somebody types, and articles into a reply.
import { $, $$, csrf, toast } from "./common.js";

// --- Offered while a title is typed: what was typed stays where it is -------------------------
for (const box of $$("[data-suggest-url]")) {
  const form = box.closest("form");
  const field = $("[name=title]", form) ?? $("textarea[name], input[type=text][name]:not([data-suggest])", form);
  let timer, latest = 0, asked = null;
  const words = () => (field?.value.trim() || box.dataset.about || "").slice(0, 200);
  const ask = async () => {
    const now = words();
    if (now === asked) return;
    asked = now;
    const turn = ++latest;
    if (now.length < 3) { box.replaceChildren(); return; }
    const url = new URL(box.dataset.suggestUrl, location.href);
    url.searchParams.set("q", now);
    url.searchParams.set("where", box.dataset.where);
    const answer = await fetch(url).catch(() => null);
    if (turn !== latest || !answer?.ok || answer.redirected) return;
    if ($("details[open]", box)) return; // somebody reads
    box.innerHTML = await answer.text();
  };
  const soon = () => { clearTimeout(timer); timer = setTimeout(ask, 250); };
  if (box.dataset.about) form.addEventListener("input", (event) => { if (event.target === field) soon(); });
  else field?.addEventListener("input", soon);
  if (words()) ask();
  box.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-solved]");
    if (!button) return;
    button.disabled = true;
    const body = new URLSearchParams({ where: button.dataset.where, words: words() });
    const answer = await fetch(button.dataset.solved, { method: "POST", headers: { "X-CSRFToken": csrf() }, body }).catch(() => null);
    if (!answer?.ok) { button.disabled = false; toast("That could not be kept. Nothing you typed is lost."); return; }
    if (form.dataset.draft) localStorage.removeItem(`draft:${form.dataset.draft}`);
    location.href = answer.url;
  });
}

// --- An article into the message of a ticket ----------------------------------------------------
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-insert]");
  const say = $("#say");
  if (!button || !say) return;
  const kind = say.form.elements.kind.value;
  const body = new URLSearchParams({ article: button.dataset.article, how: button.dataset.insert, kind });
  const answer = await fetch(button.dataset.url, { method: "POST", headers: { "X-CSRFToken": csrf() }, body }).catch(() => null);
  const sent = await answer?.json().catch(() => null);
  if (!answer?.ok) { toast(sent?.detail ?? "That did not work. What you typed is kept."); return; }
  const [start, end] = [say.selectionStart, say.selectionEnd];
  const before = say.value.slice(0, start);
  const gap = button.dataset.insert === "text" && before && !before.endsWith("\n\n") ? "\n\n" : before && !/\s$/.test(before) ? " " : "";
  say.setRangeText(gap + sent.text, start, end, "end");
  say.dispatchEvent(new Event("input", { bubbles: true }));
  say.focus();
  window.htmx?.ajax("GET", button.dataset.url.replace(/use\/$/, ""), { target: "#beside-knowledge", swap: "outerHTML" });
});
