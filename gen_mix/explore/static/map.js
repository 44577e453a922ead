// The map of mixes: near in sound is near on the map. Between mixes one can wander.

import { h, s } from "./dom.js";

const SIZE = 100;
const REACH = 1.35;
const TOUCH = 5;
const LETTERS = 12;
const LINE = 4.4;

const x = (value) => SIZE / 2 + (Math.max(-REACH, Math.min(REACH, value)) / REACH) * (SIZE / 2 - 5);
const y = (value) => SIZE - x(value);

/** Return a place on the map as it is drawn: what lies beyond the ring is drawn at the ring. */
const inside = ([right, up]) => {
  const reach = Math.max(1, Math.hypot(right, up) / REACH);
  return [right / reach, up / reach];
};
const back = (at) => ((at - SIZE / 2) / (SIZE / 2 - 5)) * REACH;

/** Return how much each mix has to say at a place: those near it most, one alone where it is. */
export function weightsAt(place, mixes) {
  const near = mixes
    .map((mix) => ({ mix, distance: Math.hypot(mix.place[0] - place[0], mix.place[1] - place[1]) }))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3);
  if (near[0].distance < 0.02) return [{ mix: near[0].mix, weight: 1 }];
  const shares = near.map(({ distance }) => 1 / distance ** 2);
  const total = shares.reduce((sum, share) => sum + share, 0);
  return near.map(({ mix }, at) => ({ mix, weight: shares[at] / total })).filter(({ weight }) => weight > 0.02);
}

export class MixMap {
  /**
   * @param {Element} place - Where to draw.
   * @param {object} told - `onchoose(slot)`, `onrecord(record)`, `onspot(index)`, `onwander(weights, place)`, `onrest()`.
   */
  constructor(place, told) {
    this.place = place;
    this.told = told;
    this.drawing = s("svg", { class: "map", viewBox: `-30 -7 ${SIZE + 60} ${SIZE + 14}`, role: "img" });
    this.drawing.append(...rings());
    place.append(this.drawing);
    this.listen();
  }

  listen() {
    let from = null;
    Object.assign(this, { mixes: [], records: [], samples: [] }); // until there is something to show
    const at = (event) => {
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(this.drawing.getScreenCTM().inverse());
      return [point.x, point.y];
    };
    const nearest = ([px, py], things) =>
      things
        .map((thing) => ({ thing, distance: Math.hypot(x(thing.place[0]) - px, y(thing.place[1]) - py) }))
        .sort((a, b) => a.distance - b.distance)[0];
    this.drawing.addEventListener("pointerdown", (event) => {
      from = { spot: at(event), moved: false };
      this.drawing.setPointerCapture(event.pointerId);
    });
    this.drawing.addEventListener("pointermove", (event) => {
      if (!from) return;
      const spot = at(event);
      if (!from.moved && Math.hypot(spot[0] - from.spot[0], spot[1] - from.spot[1]) < 2) return;
      if (this.mixes.length < 2) return;
      from.moved = true;
      this.wander([back(spot[0]), -back(spot[1])]);
    });
    this.drawing.addEventListener("pointerup", (event) => {
      if (!from) return;
      const spot = at(event);
      if (from.moved) this.told.onrest();
      else {
        const mix = nearest(spot, this.mixes);
        const sample = nearest(spot, this.samples);
        const record = nearest(spot, this.records);
        if (record && record.distance < Math.min(TOUCH, mix?.distance ?? TOUCH)) this.told.onrecord(record.thing.record);
        else if (mix && mix.distance < TOUCH) this.told.onchoose(mix.thing.slot);
        else if (sample && sample.distance < TOUCH) this.told.onspot(sample.thing.index);
      }
      from = null;
    });
  }

  wander(place) {
    this.probe = inside(place);
    this.told.onwander(weightsAt(this.probe, this.mixes), this.probe);
  }

  /** Draw `survey`, the mixes that have a place, which one is heard, and the way in between, if one is there. */
  show({ survey, slots, records = [], current, between, names }) {
    this.mixes = slots.filter((slot) => slot.place).map((slot) => ({ slot, place: inside(slot.place) }));
    this.records = records.filter((record) => record.place).map((record) => ({ record, place: inside(record.place) }));
    this.samples = survey.background.map((place, index) => ({ place: inside(place), index }));
    const parts = [
      ...rings(),
      ...this.samples.map(({ place }) => s("circle", { class: "sample", cx: x(place[0]), cy: y(place[1]), r: 0.9 })),
      ...survey.directions.flatMap((direction) => this.direction(direction)),
    ];
    if (between) {
      for (const { mix, weight } of between.weights) {
        parts.push(s("line", {
          class: "way", x1: x(between.place[0]), y1: y(between.place[1]), x2: x(mix.place[0]), y2: y(mix.place[1]),
          "stroke-width": (0.2 + 1.4 * weight).toFixed(2),
        }));
      }
    }
    const heard = between ? null : current;
    const inFront = [...this.mixes].sort((a, b) => (a.slot.id === heard) - (b.slot.id === heard));
    for (const { slot, place } of inFront) {
      const isRough = names && slot.kind === "rough";
      const kind = `mix ${slot.verdict}${slot.id === heard ? " current" : ""}`;
      const number = slots.indexOf(slot) + 1;
      const [cx, cy] = [x(place[0]), y(place[1])];
      parts.push(
        s("g", { class: kind, "data-slot": slot.id },
          isRough
            ? s("rect", { x: cx - 3, y: cy - 3, width: 6, height: 6, rx: 0.8 })
            : s("circle", { cx, cy, r: 3.2 }),
          s("text", { x: cx, y: cy + 1.25 }, names ? String(number) : "·"),
          s("title", null, names ? slot.name : "a mix")),
      );
    }
    for (const { slot, place } of names ? this.mixes.filter(({ slot }) => slot.kind === "rough") : []) {
      const label = s("text", { class: "own", x: x(place[0]), y: y(place[1]) - 4.2 }, "your rough mix");
      parts.push(s("g", { class: "owner", "data-slot": slot.id }, label));
    }
    for (const { record, place } of this.records) {
      const [cx, cy] = [x(place[0]), y(place[1])];
      parts.push(
        s("g", { class: `disc${record.id === heard ? " current" : ""}${record.weight ? "" : " off"}`, "data-record": record.id },
          s("path", { d: `M${cx} ${cy - 3.6}L${cx + 3.6} ${cy}L${cx} ${cy + 3.6}L${cx - 3.6} ${cy}Z` }),
          s("text", { x: cx, y: cy - 4.6 }, `like ${short(record.name)}`),
          s("title", null, `${record.name}: a mix that measures like it is to be expected about here`)),
      );
    }
    if (between) parts.push(s("circle", { class: "probe", cx: x(between.place[0]), cy: y(between.place[1]), r: 2.4 }));
    this.drawing.replaceChildren(...parts);
    const words = survey.directions.map(([word, , dx, dy]) =>
      `${word} to the ${Math.abs(dx) > Math.abs(dy) ? (dx > 0 ? "right" : "left") : dy > 0 ? "top" : "bottom"}`);
    this.drawing.setAttribute("aria-label", `Map of ${this.mixes.length} mixes; ${words.join(", ")}`);
  }

  direction([word, opposite, dx, dy]) {
    const length = Math.hypot(dx, dy);
    const [right, up] = [dx / length, dy / length];
    const reach = SIZE / 2 - 2;
    const axis = s("line", {
      class: "axis", x1: SIZE / 2 - reach * right, y1: SIZE / 2 + reach * up, x2: SIZE / 2 + reach * right, y2: SIZE / 2 - reach * up,
    });
    return [axis, text(word, right, up), text(opposite, -right, -up)];
  }
}

const rings = () => [SIZE / 2 - 2, SIZE / 4].map((r) => s("circle", { class: "ring", cx: SIZE / 2, cy: SIZE / 2, r }));

/** Return a word at the ring, in lines that fit beside it. */
function text(word, right, up) {
  const anchor = right > 0.25 ? "start" : right < -0.25 ? "end" : "middle";
  const lines = broken(word, anchor === "middle" ? 40 : LETTERS);
  const at = SIZE / 2 + (SIZE / 2 + 1) * right;
  const first = SIZE / 2 - (SIZE / 2 + 2.5) * up + 1.2 - (up > 0.8 ? 1 : up < -0.8 ? 0 : 0.5) * (lines.length - 1) * LINE;
  return s("text", { class: "word", "text-anchor": anchor },
    ...lines.map((line, place) => s("tspan", { x: at, y: first + place * LINE }, line)));
}

const short = (name) => (name.length > 18 ? `${name.slice(0, 17)}…` : name);

/** Return words in at most three lines of about as many letters, without the number that a file begins with. */
function broken(words, letters) {
  const lines = [""];
  for (const part of words.replace(/^\d+[\s._-]+/, "").replaceAll("_", " ").split(/(?<=[\s-])/)) {
    if (lines.at(-1) && (lines.at(-1) + part).trim().length > letters) lines.push("");
    lines[lines.length - 1] += part;
  }
  const cut = (line) => (line.trim().length > letters + 1 ? `${line.trim().slice(0, letters)}…` : line.trim());
  return lines.length > 3 ? [`${lines[0].trim().slice(0, letters)}…`, ...lines.slice(-2).map(cut)] : lines.map(cut); // the end tells takes apart
}

/** Return what the map shows, for those who do not see it. */
export function mapLegend(hasMap, records) {
  if (!hasMap) return h("p", { class: "soft" }, "The map is drawn as soon as the first mixes are there.");
  const placed = records.filter((record) => record.place);
  return [
    h("p", { class: "soft" }, "Near in sound, near here. Drag to wander between mixes; a grey dot is a mix not yet rendered."),
    placed.length ? h("p", { class: "soft" }, "A diamond is a record. A finished record tells nothing of tracks, so it has no place of its own: it stands where a mix that measures like it is to be expected.") : null,
  ];
}
