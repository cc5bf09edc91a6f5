// What desk and portal share: menus, toasts, theme, drafts, focus on errors.
import { $, $$ } from "./dom.js";

export { $, $$ };
export const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];

// One open menu at a time; a click elsewhere or Escape closes it.
document.addEventListener("toggle", (event) => {
  const menu = event.target;
  if (menu.matches?.("details[data-menu]") && menu.open) for (const other of $$("details[data-menu][open]")) if (other !== menu) other.open = false;
}, true);
document.addEventListener("click", (event) => {
  for (const menu of $$("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
  const close = event.target.closest("[data-close]");
  if (close) close.closest(".toast").remove();
  const dialog = event.target.closest("[data-close-dialog]")?.closest("dialog");
  if (dialog) dialog.close();
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = $("details[data-menu][open]");
  if (menu) { menu.open = false; $("summary", menu).focus(); }
});

// Confirmations go by themselves; errors stay until they are read.
const fade = (toast) => { if (!toast.matches(".error")) setTimeout(() => toast.remove(), 8000); };
for (const toast of $$("#toasts .toast")) fade(toast);
new MutationObserver((list) => { for (const { addedNodes } of list) for (const node of addedNodes) if (node.matches?.(".toast")) fade(node); })
  .observe($("#toasts"), { childList: true });

export function toast(text, level = "error") {
  const box = document.createElement("div");
  box.className = `toast ${level}`;
  const words = document.createElement("span");
  words.textContent = text;
  const close = document.createElement("button");
  close.className = "plain icon end"; close.type = "button"; close.dataset.close = ""; close.ariaLabel = "Close"; close.textContent = "×";
  box.append(words, close);
  $("#toasts").append(box);
}

// Light, dark, as the device says: remembered with the account, or in a cookie before logging in.
for (const button of $$("[data-theme-switch]")) button.addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = dark ? "light" : "dark";
  root.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  fetch(document.body.dataset.themeUrl, { method: "POST", headers: { "X-CSRFToken": csrf() }, body: new URLSearchParams({ theme }) });
});

// Drafts survive a closed tab. They are forgotten when the server has taken them.
for (const form of $$("form[data-draft]")) {
  const key = `draft:${form.dataset.draft}`;
  const fields = () => $$("textarea, input[type=text]", form).filter((field) => field.name);
  const sent = sessionStorage.getItem(`sent:${key}`);
  if (sent && !$(".errors, .problem-summary", form)) localStorage.removeItem(key);
  sessionStorage.removeItem(`sent:${key}`);
  const saved = JSON.parse(localStorage.getItem(key) ?? "null");
  if (saved) for (const field of fields()) if (!field.value && saved[field.name]) field.value = saved[field.name];
  form.addEventListener("input", () => {
    const now = Object.fromEntries(fields().filter((field) => field.value).map((field) => [field.name, field.value]));
    if (Object.keys(now).length) localStorage.setItem(key, JSON.stringify(now)); else localStorage.removeItem(key);
  });
  form.addEventListener("submit", () => sessionStorage.setItem(`sent:${key}`, "1"));
}

// Files by choice, drop or paste; their names are said.
for (const input of $$("form input[type=file]")) {
  const form = input.form;
  const say = () => { const place = $("[data-files]", form); if (place) place.textContent = [...input.files].map((file) => file.name).join(", "); };
  const add = (files) => {
    const all = new DataTransfer();
    for (const file of [...input.files, ...files]) all.items.add(file);
    input.files = all.files;
    say();
  };
  input.addEventListener("change", say);
  form.addEventListener("dragover", (event) => { event.preventDefault(); form.classList.add("drop"); });
  form.addEventListener("dragleave", () => form.classList.remove("drop"));
  form.addEventListener("drop", (event) => { event.preventDefault(); form.classList.remove("drop"); add(event.dataTransfer.files); });
  form.addEventListener("paste", (event) => { if (event.clipboardData?.files.length) { event.preventDefault(); add(event.clipboardData.files); } });
}

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sending) { event.preventDefault(); return; }
  if (form.method !== "post" || form.hasAttribute("hx-post")) return;
  form.dataset.sending = "1";
  addEventListener("pageshow", () => delete form.dataset.sending, { once: true });
});

$("[data-focus]")?.focus();
