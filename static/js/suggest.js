// Type-ahead for people: fields with data-suggest.
import { $$ } from "./common.js";

function suggest(input) {
  if (input.dataset.ready) return;
  input.dataset.ready = "1";
  const box = document.createElement("span");
  box.className = "suggest";
  input.replaceWith(box);
  const list = document.createElement("ul");
  list.id = `${input.id}-list`; list.hidden = true; list.role = "listbox"; list.ariaLabel = input.labels?.[0]?.textContent ?? "People";
  box.append(input, list);
  input.setAttribute("aria-controls", list.id);
  let at = -1, timer, latest = 0;
  const close = () => { list.hidden = true; at = -1; input.ariaExpanded = "false"; input.removeAttribute("aria-activedescendant"); };
  const choose = (item) => { input.value = item.dataset.value; close(); input.dispatchEvent(new Event("input", { bubbles: true })); clearTimeout(timer); };
  const mark = (index) => {
    at = (index + list.children.length) % list.children.length;
    [...list.children].forEach((item, n) => { item.ariaSelected = String(n === at); if (n === at) { input.setAttribute("aria-activedescendant", item.id); item.scrollIntoView({ block: "nearest" }); } });
  };
  input.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isTrusted) return;
    timer = setTimeout(async () => {
      const turn = ++latest;
      if (input.value.trim().length < 2) return close();
      const url = new URL(input.dataset.suggest, location.href);
      url.searchParams.set("q", input.value);
      const answer = await fetch(url);
      if (turn !== latest || !answer.ok) return;
      const { people } = await answer.json();
      list.replaceChildren(...people.map((person, n) => {
        const item = document.createElement("li"), small = document.createElement("small");
        item.role = "option"; item.id = `${list.id}-${n}`; item.dataset.value = person.value; item.textContent = person.name; item.ariaSelected = "false";
        small.textContent = person.hint;
        item.append(small);
        return item;
      }));
      list.hidden = !people.length;
      input.ariaExpanded = String(!!people.length);
      if (people.length) mark(0);
    }, 120);
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "ArrowDown") mark(at + 1);
    else if (event.key === "ArrowUp") mark(at - 1);
    else if (event.key === "Enter" && at >= 0) choose(list.children[at]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  list.addEventListener("mousedown", (event) => { event.preventDefault(); const item = event.target.closest("li"); if (item) choose(item); });
  input.addEventListener("blur", close);
}
export function suggestAll() { for (const input of $$("input[data-suggest]")) suggest(input); }
suggestAll();
