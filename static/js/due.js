// Due chips count in working time, by the calendars' hours that came with the page: no request for a tick.
import { $, $$ } from "./common.js";

const words = $("#due-words")?.dataset ?? {};
const calendars = new Map(); // calendar → [[from, to], …] in seconds
function hours(id) {
  if (!calendars.has(id)) {
    const text = $(`[data-calendar-hours="${id}"]`)?.getAttribute("value") ?? "";
    calendars.set(id, text.split(" ").filter(Boolean).map((part) => part.split("-").map(Number)));
  }
  return calendars.get(id);
}

/** Open seconds of the calendar between two instants. */
export function between(stretches, from, to) {
  let total = 0;
  for (const [begin, end] of stretches) total += Math.max(0, Math.min(end, to) - Math.max(begin, from));
  return total;
}

function span(seconds) {
  const minutes = Math.floor(Math.abs(seconds) / 60);
  if (minutes < 1) return words.under;
  const h = Math.floor(minutes / 60), m = minutes % 60;
  if (!h) return words.minutes.replace("{m}", m);
  return h < 10 ? words.hours.replace("{h}", h).replace("{m}", String(m).padStart(2, "0")) : words.many.replace("{h}", h);
}

// The server's clock, whatever this machine's says.
const skew = Number(words.now ?? 0) - Date.now() / 1000;
const now = () => Date.now() / 1000 + skew;

function tick() {
  for (const chip of $$(".chip[data-left]")) {
    const { left, at, calendar, soon } = chip.dataset;
    const rest = Number(left) - between(hours(calendar), Number(at), now());
    const late = Number(left) < 0 || rest <= 0;
    const place = chip.lastElementChild.lastElementChild, text = (late ? words.late : words.left).replace("{time}", span(rest));
    if (place.textContent !== text) place.textContent = text;
    chip.classList.toggle("late", late);
    chip.classList.toggle("soon", !late && rest < Number(soon));
  }
}
if (words.now) { tick(); setInterval(tick, 1000); }
