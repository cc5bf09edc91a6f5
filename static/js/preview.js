// The admin's live preview of an offering's form: drawn by the server from what stands in the page, in a shadow tree with the portal's style.
import { follow } from "./order.js";

const box = document.querySelector("[data-look]");
if (box) {
  const stage = box.querySelector("[data-stage]").attachShadow({ mode: "open" });
  const style = document.createElement("link");
  style.rel = "stylesheet"; style.href = box.dataset.css;
  const place = document.createElement("div");
  stage.append(style, place);
  const all = document.querySelector("#offeringversion_form");
  const form = all?.querySelector("[name$=TOTAL_FORMS]") ? all : null; // a published version has nothing to change
  let timer, turn = 0;
  const draw = async () => {
    const mine = ++turn;
    const answer = await fetch(box.dataset.look, form ? { method: "POST", body: new FormData(form) } : {});
    if (mine !== turn || !answer.ok) return;
    place.innerHTML = await answer.text();
    const shown = place.querySelector("form.order");
    shown.addEventListener("submit", (event) => event.preventDefault());
    follow(shown);
  };
  const later = () => { clearTimeout(timer); timer = setTimeout(draw, 400); };
  form?.addEventListener("input", later);
  form?.addEventListener("change", later);
  form?.addEventListener("click", (event) => { if (event.target.closest("a, button")) later(); });
  draw();
}
