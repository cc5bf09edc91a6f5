// Writing an article: how it will look, and pictures by drop or paste.
import { $, csrf, toast } from "./common.js";

const form = $("form.editor");
const body = $("[name=body]", form);
const preview = $("#preview");
const button = $("[data-show-preview]", form);

async function show() {
  const answer = await fetch(form.dataset.preview, { method: "POST", headers: { "X-CSRFToken": csrf() }, body: new URLSearchParams({ body: body.value }) }).catch(() => null);
  if (!answer?.ok) { toast("The preview does not come. What you wrote is kept."); return; }
  preview.innerHTML = await answer.text();
  preview.hidden = false;
}
button.addEventListener("click", async () => {
  if (preview.hidden) await show(); else preview.hidden = true;
  button.ariaExpanded = String(!preview.hidden);
});
let timer;
body.addEventListener("input", () => { if (preview.hidden) return; clearTimeout(timer); timer = setTimeout(show, 400); });

// A new article has nowhere to put pictures yet: they wait in the field and come with the draft.
if (form.dataset.images) {
  const say = $("[data-upload]", form);
  const send = async (files) => {
    const data = new FormData();
    for (const file of files) data.append("files", file);
    say.textContent = "…";
    const answer = await fetch(form.dataset.images, { method: "POST", headers: { "X-CSRFToken": csrf() }, body: data }).catch(() => null);
    const sent = await answer?.json().catch(() => null);
    say.textContent = "";
    if (!answer?.ok) { toast(sent?.detail ?? "The picture could not be sent. What you wrote is kept."); return; }
    body.setRangeText(`\n${sent.markdown}\n`, body.selectionStart, body.selectionEnd, "end");
    body.dispatchEvent(new Event("input", { bubbles: true }));
    body.focus();
  };
  const take = (event, files) => { if (files?.length) { event.preventDefault(); event.stopImmediatePropagation(); send([...files]); } };
  body.addEventListener("drop", (event) => take(event, event.dataTransfer.files));
  body.addEventListener("paste", (event) => take(event, event.clipboardData?.files));
}

const audience = $("[name=audience]", form), places = $("[name=organisations]", form)?.closest(".field");
const dress = () => { if (places) places.hidden = audience.value !== "organisations"; };
audience.addEventListener("change", dress);
dress();
