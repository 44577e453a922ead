// Elements without markup in strings: whatever a person or a file calls things is text and nothing else.

const SVG = "http://www.w3.org/2000/svg";

function furnish(element, properties, children) {
  for (const [name, value] of Object.entries(properties ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.setAttribute("class", value);
    else if (name === "value" && "value" in element) element.value = value;
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

/** Return an HTML element; properties that begin with "on" are listeners. */
export function h(tag, properties, ...children) {
  return furnish(document.createElement(tag), properties, children);
}

/** Return an SVG element. */
export function s(tag, properties, ...children) {
  return furnish(document.createElementNS(SVG, tag), properties, children);
}

const signatures = new WeakMap();

/** Whether something is being dragged: what holds it is not rebuilt meanwhile. */
export const hands = { hold: null };

/** Fill `place` with what `build` returns, if `signature` changed since; focus and scrolling stay where they were. */
export function fill(place, signature, build) {
  const text = JSON.stringify(signature);
  if (signatures.get(place) === text || (hands.hold && place.contains(hands.hold))) return;
  signatures.set(place, text);
  const key = place.contains(document.activeElement) ? document.activeElement.getAttribute("data-key") : null;
  const scrolled = [...place.querySelectorAll("[data-scrolls]")].map((inner) => inner.scrollLeft);
  place.replaceChildren(...[build()].flat().filter(Boolean));
  place.querySelectorAll("[data-scrolls]").forEach((inner, at) => { inner.scrollLeft = scrolled[at] ?? 0; });
  if (key) place.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

/** Return a button. */
export function button(label, onclick, properties = {}) {
  return h("button", { type: "button", onclick, ...properties }, label);
}

/** Return a button that is pressed or not. */
export function toggle(label, isOn, onclick, properties = {}) {
  return button(label, onclick, { "aria-pressed": String(Boolean(isOn)), ...properties });
}

let announcer = null;

/** Say something to those who listen to a screen reader, and show it for a while. */
export function announce(text) {
  announcer ??= document.getElementById("announcer");
  announcer.textContent = text;
  announcer.classList.add("shown");
  clearTimeout(announce.timer);
  announce.timer = setTimeout(() => announcer.classList.remove("shown"), 3500);
}
