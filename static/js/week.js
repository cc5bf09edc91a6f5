// The week grid of calendars: half hours to paint with the pointer, the text beside them is what counts.
const SLOT = 30;
const minutes = (text) => { const [h, m = "0"] = text.trim().split(":"); return Number(h) * 60 + Number(m); };
const clock = (value) => `${String(Math.floor(value / 60)).padStart(2, "0")}:${String(value % 60).padStart(2, "0")}`;
const read = (text) => text.split(/[,;]/).map((part) => part.split(/[-–]/)).filter((pair) => pair.length === 2)
  .map((pair) => pair.map(minutes)).filter(([a, b]) => a < b && b <= 1440);

function draw(bar, input) {
  const spans = read(input.value);
  bar.replaceChildren(...Array.from({ length: 48 }, (_, n) => {
    const cell = document.createElement("i"), from = n * SLOT, to = from + SLOT;
    const inside = spans.reduce((sum, [a, b]) => sum + Math.max(0, Math.min(b, to) - Math.max(a, from)), 0);
    cell.className = inside >= SLOT ? "open" : inside > 0 ? "part" : "";
    cell.dataset.slot = n;
    return cell;
  }));
}
function write(bar, input) {
  const open = [...bar.children].map((cell) => cell.classList.contains("open"));
  const spans = [];
  open.forEach((is, n) => { if (is) { if (spans.length && spans.at(-1)[1] === n) spans.at(-1)[1] = n + 1; else spans.push([n, n + 1]); } });
  input.value = spans.map(([a, b]) => `${clock(a * SLOT)}-${clock(b * SLOT)}`).join(", ");
}
function setUp() {
  for (const bar of document.querySelectorAll(".week-bar")) {
    const input = document.getElementById(bar.dataset.for);
    draw(bar, input);
    input.addEventListener("input", () => draw(bar, input));
    let value = null;
    const paint = (cell) => { if (cell?.parentElement === bar) { cell.className = value ? "open" : ""; write(bar, input); } };
    bar.addEventListener("pointerdown", (event) => { if (!event.target.dataset.slot) return; value = !event.target.classList.contains("open"); bar.setPointerCapture(event.pointerId); paint(event.target); });
    bar.addEventListener("pointermove", (event) => { if (value !== null) paint(document.elementFromPoint(event.clientX, event.clientY)); });
    for (const end of ["pointerup", "pointercancel"]) bar.addEventListener(end, () => { value = null; });
  }
}
if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", setUp); else setUp();
