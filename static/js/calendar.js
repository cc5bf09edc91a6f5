// The calendar of changes: lays out weeks and timelines, and moves a change where it is dragged. The server decides.
import { $, $$, toast } from "./common.js";

const place = $("#calendar");
const MINUTE = 60;
const SNAP = { week: 15, timeline: 60 };

function spread(column, items) {
  // Beside each other what overlaps: each gets the first lane that is free.
  const lanes = [];
  for (const item of items) {
    let lane = lanes.findIndex((end) => end <= item.from);
    if (lane < 0) lane = lanes.push(0) - 1;
    lanes[lane] = Math.max(item.to, item.from + 30);
    item.lane = lane;
  }
  for (const { element, from, to, lane } of items) {
    element.style.top = `${(from / 1440) * 100}%`;
    element.style.height = `${(Math.max(to - from, 24) / 1440) * 100}%`;
    element.style.left = `${(lane / Math.max(lanes.length, 1)) * 100}%`;
    element.style.width = `${100 / Math.max(lanes.length, 1)}%`;
    column.append(element);
  }
}

function layWeek(board) {
  const pool = $$(".pool > *", board);
  for (const column of $$(".daycol .grid", board)) {
    // A day on which clocks are changed is shorter or longer than the others.
    const from = Number(column.dataset.from), to = Number(column.dataset.to), scale = 1440 / (to - from), items = [], bands = [];
    for (const element of pool) {
      const a = Math.max(Number(element.dataset.from), from), b = Math.min(Number(element.dataset.to), to);
      if (a >= b) continue;
      (element.matches(".band") ? bands : items).push({ element: element.cloneNode(true), from: (a - from) * scale, to: (b - from) * scale });
    }
    for (const band of bands) { band.element.style.top = `${(band.from / 1440) * 100}%`; band.element.style.height = `${((band.to - band.from) / 1440) * 100}%`; column.append(band.element); }
    spread(column, items.sort((x, y) => x.from - y.from));
  }
  $(".pool", board).replaceChildren();
  const first = $$(".chg", board).map((element) => parseFloat(element.style.top)).sort((x, y) => x - y)[0] ?? 30;
  board.scrollTop = Math.max(0, (first / 100) * 960 - 60);
}

function layTimeline(board) {
  const start = Number(board.dataset.start), whole = Number(board.dataset.end) - start;
  const share = (moment) => Math.min(100, Math.max(0, ((Number(moment) - start) / whole) * 100));
  for (const band of $$("[data-band]", board)) {
    const left = share(band.dataset.begins);
    Object.assign(band.style, { left: `${left}%`, width: `${share(band.dataset.ends) - left}%`, top: 0, height: "100%" });
  }
  for (const track of $$(".track", board)) {
    const ends = [];
    const items = $$("[data-from]", track).map((element) => ({ element, from: Number(element.dataset.from), to: Number(element.dataset.to) }));
    for (const { element, from, to } of items) {
      const left = share(from), right = share(to);
      let lane = ends.findIndex((end) => end <= left);
      if (lane < 0) lane = ends.push(0) - 1;
      ends[lane] = Math.max(right, left + 21);
      Object.assign(element.style, { left: `${left}%`, width: `${Math.max(right - left, 0.6)}%`, top: `${lane * 26 + 2}px` });
    }
    if (items.length) track.style.height = `${ends.length * 26 + 4}px`;
  }
}

function lay() {
  const week = $(".week-cal", place), line = $(".timeline", place);
  if (week) layWeek(week);
  if (line) layTimeline(line);
}

async function redraw() {
  const answer = await fetch(place.dataset.here, { headers: { "X-Part": "1" } });
  if (!answer.ok) return;
  place.innerHTML = await answer.text();
  lay();
}

async function move(number, minutes) {
  const body = new URLSearchParams({ minutes: String(minutes), csrfmiddlewaretoken: $("[name=csrfmiddlewaretoken]").value });
  const answer = await fetch(place.dataset.shift.replace("NUMBER", number), { method: "POST", body });
  const said = await answer.json().catch(() => ({ text: "" }));
  if (answer.ok) toast([said.text, ...said.collisions].join(" "), said.collisions.length ? "error" : "success");
  else toast(said.text);
  await redraw();
}

// --- Dragging ----------------------------------------------------------------------------------
let held = null;
const dayOf = (x, y) => document.elementsFromPoint(x, y).find((element) => element.dataset?.day)?.dataset.day;
const days = (a, b) => Math.round((Date.parse(b) - Date.parse(a)) / 86400000);

function distance(event) {
  if (held.view === "timeline") {
    const board = $(".timeline", place), track = held.element.closest(".track");
    const whole = (Number(board.dataset.end) - Number(board.dataset.start)) / MINUTE;
    const minutes = ((event.clientX - held.x) / track.clientWidth) * whole;
    return Math.round(minutes / SNAP.timeline) * SNAP.timeline;
  }
  const day = dayOf(event.clientX, event.clientY);
  if (!day || !held.day) return 0;
  let minutes = days(held.day, day) * 1440;
  if (held.view === "week") minutes += Math.round((((event.clientY - held.y) / held.height) * 1440) / SNAP.week) * SNAP.week;
  return minutes;
}

place.addEventListener("pointerdown", (event) => {
  const element = event.target.closest(".chg[data-movable]");
  if (!element || event.button) return;
  const view = place.dataset.view;
  held = { element, view, x: event.clientX, y: event.clientY, day: dayOf(event.clientX, event.clientY), height: element.closest(".grid")?.clientHeight ?? 1, moved: false };
});
document.addEventListener("dragstart", (event) => { if (event.target.closest?.(".chg")) event.preventDefault(); });
document.addEventListener("pointermove", (event) => {
  if (!held) return;
  const dx = event.clientX - held.x, dy = event.clientY - held.y;
  if (!held.moved && Math.hypot(dx, dy) < 6) return;
  held.moved = true;
  held.element.classList.add("held");
  held.element.style.transform = held.view === "timeline" ? `translateX(${dx}px)` : `translate(${dx}px, ${dy}px)`;
});
const drop = (event) => {
  if (!held) return;
  const now = held;
  const minutes = now.moved && event.type === "pointerup" ? distance(event) : 0;
  held = null;
  now.element.classList.remove("held");
  now.element.style.transform = "";
  if (now.moved) {
    // The click that ends a drag opens nothing.
    const stop = (click) => { click.preventDefault(); click.stopPropagation(); };
    document.addEventListener("click", stop, { capture: true, once: true });
    setTimeout(() => document.removeEventListener("click", stop, { capture: true }), 50);
  }
  if (minutes) move(now.element.dataset.number, minutes);
};
for (const name of ["pointerup", "pointercancel"]) document.addEventListener(name, drop);
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && held) { held.element.style.transform = ""; held.element.classList.remove("held"); held = null; } });

$("[data-cal-filter]").addEventListener("change", (event) => event.currentTarget.requestSubmit());
lay();
