// A fader or knob: a rail, where samples of the model put it, where another mix has it, and a cap to move.

import { h, hands, s } from "./dom.js";
import { placeOf, shortWords, title, valueAt, words } from "./knobs.js";

const FINE = 0.01;
const COARSE = 0.1;

/**
 * Return a slider.
 * @param {object} options - `spec`, `value`, `label`; `onmove(value)` while it moves, `ondone(value)` when it rests;
 *   `spread` [10, 50, 90 %] as places or null; `other` the value in another mix or null; `off` greys it;
 *   `vertical`, `key` to keep the focus by.
 */
export function slider({ spec, value, label, onmove, ondone, spread, other, off, vertical = false, key }) {
  const state = { value };
  let moved = false;
  const cap = h("span", { class: "cap" });
  const rail = drawing(spec, spread, other, vertical);
  const reading = () => (off ? "off" : vertical ? shortWords(spec, state.value) : words(spec, state.value));
  const text = h("output", { class: "number", "aria-hidden": "true" }, reading());
  const handle = h(
    "div",
    {
      class: `slider${vertical ? " vertical" : ""}${off ? " off" : ""}`,
      role: "slider",
      tabindex: "0",
      "data-key": key,
      "aria-label": label ?? title(spec.name),
      "aria-orientation": vertical ? "vertical" : "horizontal",
      "aria-valuemin": spec.low,
      "aria-valuemax": spec.high,
    },
    rail,
    cap,
  );
  const show = () => {
    const place = placeOf(spec, state.value);
    handle.style.setProperty("--place", place.toFixed(4));
    handle.setAttribute("aria-valuenow", Number(state.value.toPrecision(4)));
    handle.setAttribute("aria-valuetext", describe(spec, state.value, other, off));
    text.textContent = moved ? (vertical ? shortWords : words)(spec, state.value) : reading();
  };
  const set = (place) => {
    state.value = valueAt(spec, place);
    moved = true;
    show();
    onmove?.(state.value);
  };
  const done = () => ondone?.(state.value);
  drag(handle, vertical, () => placeOf(spec, state.value), set, done);
  handle.addEventListener("keydown", (event) => {
    const place = stepped(event, placeOf(spec, state.value), placeOf(spec, spec.default));
    if (place === null) return;
    event.preventDefault();
    event.stopPropagation();
    set(place);
  });
  handle.addEventListener("keyup", done);
  handle.addEventListener("blur", done);
  handle.addEventListener("dblclick", () => {
    set(placeOf(spec, other ?? spec.default));
    done();
  });
  show();
  return h("div", { class: `fader${vertical ? " tall" : ""}` }, handle, text);
}

function describe(spec, value, other, off) {
  const parts = [words(spec, value)];
  if (off) parts.push("off");
  if (other !== null && other !== undefined && words(spec, other) !== parts[0]) parts.push(`there ${words(spec, other)}`);
  return parts.join(", ");
}

function stepped(event, place, neutral) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const step = event.shiftKey ? COARSE / 2 : FINE;
  const moves = {
    ArrowUp: place + step, ArrowRight: place + step, ArrowDown: place - step, ArrowLeft: place - step,
    PageUp: place + COARSE, PageDown: place - COARSE, Home: 0, End: 1, Delete: neutral, Backspace: neutral,
  };
  return event.key in moves ? Math.min(1, Math.max(0, moves[event.key])) : null;
}

function drag(handle, vertical, read, set, done) {
  let from = null;
  handle.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    handle.setPointerCapture(event.pointerId);
    hands.hold = handle;
    handle.focus({ preventScroll: true });
    from = { x: event.clientX, y: event.clientY, place: read() };
  });
  handle.addEventListener("pointermove", (event) => {
    if (!from) return;
    const box = handle.getBoundingClientRect();
    const share = vertical ? (from.y - event.clientY) / (box.height - 16) : (event.clientX - from.x) / (box.width - 12);
    if (Math.abs(share) > 0.002) set(from.place + share * (event.shiftKey ? 0.2 : 1));
  });
  for (const end of ["pointerup", "pointercancel"]) {
    handle.addEventListener(end, () => {
      if (!from) return;
      from = null;
      hands.hold = null;
      done();
    });
  }
}

/** Return rail, band and ticks; places run along `vertical` from the bottom, else from the left. */
function drawing(spec, spread, other, vertical) {
  const at = (place) => `${((vertical ? 1 - place : place) * 100).toFixed(2)}%`;
  const line = (place, kind) =>
    vertical
      ? s("line", { class: kind, x1: "15%", x2: "85%", y1: at(place), y2: at(place) })
      : s("line", { class: kind, x1: at(place), x2: at(place), y1: "10%", y2: "90%" });
  const parts = [
    vertical
      ? s("line", { class: "rail", x1: "50%", x2: "50%", y1: "0", y2: "100%" })
      : s("line", { class: "rail", x1: "0", x2: "100%", y1: "50%", y2: "50%" }),
  ];
  if (spread) {
    const [low, middle, high] = spread;
    const size = `${((high - low) * 100).toFixed(2)}%`;
    parts.unshift(
      vertical
        ? s("rect", { class: "band", x: "30%", width: "40%", y: at(high), height: size })
        : s("rect", { class: "band", x: at(low), width: size, y: "25%", height: "50%" }),
    );
    parts.push(line(middle, "median"));
  }
  const neutral = spec.unit === "dB" || spec.name === "pan" ? placeOf(spec, 0) : null;
  if (neutral !== null && neutral > 0 && neutral < 1) parts.push(line(neutral, "zero"));
  if (other !== null && other !== undefined) parts.push(line(placeOf(spec, other), "ghost"));
  return s("svg", { class: "drawing", "aria-hidden": "true", focusable: "false" }, ...parts);
}
