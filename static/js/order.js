// An offering's form: questions come and go with the answers, and the total follows. The server decides; this only shows.
import { $, $$ } from "./dom.js";
import { holds } from "./conditions.js";

const fold = (text) => text.split(/\s+/).filter(Boolean).join(" ");

function answer(question) {
  const controls = $$("input, select, textarea", question).filter((control) => control.name.startsWith("answer-"));
  const chosen = controls.filter((control) => control.checked).map((control) => control.value);
  switch (question.dataset.type) {
    case "many": return chosen;
    case "yes_no": return chosen[0] === "yes" ? true : chosen[0] === "no" ? false : null;
    case "choice": return controls[0]?.type === "radio" ? chosen[0] || null : controls[0]?.value || null;
    case "file": return controls[0]?.files?.length || "kept" in question.dataset ? "files" : null;
    case "long": return controls[0]?.value.trim() || null;
    default: return fold(controls[0]?.value ?? "") || null;
  }
}

const cents = (text) => Math.round(Number(text || 0) * 100);

function total(form, shown) {
  const place = $("[data-total]", form);
  if (!place) return;
  let once = cents(form.dataset.once), monthly = cents(form.dataset.monthly);
  for (const question of shown) {
    const prices = JSON.parse(question.dataset.prices || "{}");
    for (const option of [answer(question)].flat()) if (prices[option]) { once += cents(prices[option][0]); monthly += cents(prices[option][1]); }
  }
  const count = Math.max(1, Number($("[name=quantity]", form)?.value) || 1);
  const words = (amount) => {
    const digits = amount % 100 ? 2 : 0;
    return `${(amount / 100).toLocaleString(document.documentElement.lang, { minimumFractionDigits: digits, maximumFractionDigits: digits })} ${place.dataset.sign}`;
  };
  const pattern = once && monthly ? place.dataset.both : monthly ? place.dataset.month : once ? "{once}" : place.dataset.free;
  const text = pattern.replace("{once}", words(once * count)).replace("{monthly}", words(monthly * count));
  if (place.textContent !== text) place.textContent = text;
}

export function follow(form) {
  const questions = new Map($$(".question", form).map((question) => [question.dataset.key, question]));
  const order = JSON.parse(form.dataset.order);
  const look = () => {
    const facts = {}, shown = [];
    for (const key of order) {
      const question = questions.get(key);
      if (!question) continue;
      const visible = holds(JSON.parse(question.dataset.show || "null"), facts);
      question.hidden = !visible;
      for (const control of $$("input, select, textarea", question)) control.disabled = !visible;
      if (visible) { facts[key] = answer(question); shown.push(question); }
    }
    for (const section of $$("[data-section]", form)) section.hidden = $$(".question", section).length ? !$(".question:not([hidden])", section) : !holds(JSON.parse(section.dataset.show || "null"), facts);
    total(form, shown);
  };
  form.addEventListener("input", look);
  form.addEventListener("change", look);
  look();
}

for (const form of $$("form.order")) follow(form);
