// New mixes: more of them, others near one, in words, or in between.

import { post } from "./api.js";
import { button, h } from "./dom.js";
import { recordPanel } from "./records.js";

const AMOUNTS = [["level", "Balance"], ["pan", "Width"], ["eq", "Tone"], ["dynamics", "Dynamics"], ["space", "Space"]];

/** Return what is asked of new mixes, whatever they start from. */
export function asked(model, wishes, more = {}) {
  const words = wishes.words.trim() ? { words: wishes.words, words_weight: wishes.wordsWeight } : {};
  return { count: wishes.count, amounts: wishes.amounts, by_taste: wishes.byTaste && isJudged(model), ...words, ...more };
}

/** Return what the last sampling had to say of its wishes. */
export const notesOfLast = (view) => view.jobs.filter((job) => job.kind === "sample").at(-1)?.result.notes ?? [];

const isJudged = (model) => model.slots.some((slot) => slot.verdict);

/** Return the panel that asks for new mixes. */
export function explorePanel(model, wishes, limits) {
  const slot = model.slot(model.current);
  const locks = model.view?.locks.length ?? 0;
  return h(
    "div",
    { class: "explore" },
    inWords(model, wishes),
    recordPanel(model, wishes, limits),
    h("div", { class: "ask" },
      h("h3", null, "More mixes"),
      h("div", { class: "row" },
        number("How many", wishes, "count", 1, 16),
        button("Sample", () => model.ask("sample", asked(model, wishes)), { class: "primary", "data-key": "sample" }),
        isJudged(model) ? h("label", { class: "choice" },
          h("input", { type: "checkbox", checked: wishes.byTaste, "data-key": "taste", onchange: (event) => { wishes.byTaste = event.target.checked; } }),
          h("span", null, "nearer to favourites, away from rejected")) : null)),
    slot && h("div", { class: "ask" },
      h("h3", null, model.blind ? "Vary what is heard" : `Vary ${slot.name}`),
      h("label", { class: "line" },
        h("span", null, "How far"),
        range(wishes, "strength", { min: 0.05, max: 1, step: 0.05, label: "How far from the present mix" }),
        h("output", null, `${Math.round(wishes.strength * 100)} %`)),
      h("p", { class: "soft" }, locks ? `${locks} locked on the console: they stay as they are here.` : "Lock what is right on the console (level, place, tone, dynamics, space); the rest is sampled anew."),
      h("div", { class: "row" },
        button("Vary", () => model.ask("sample", asked(model, wishes, { base: slot.id, strength: wishes.strength })), { class: "primary", "data-key": "vary" }),
        locks ? button("Unlock all", () => model.setLocks(model.view.locks, false), { "data-key": "unlock" }) : null)),
    model.slots.length > 1 && between(model, wishes),
    h("details", { class: "ask", open: wishes.showsAmounts, ontoggle: (event) => { wishes.showsAmounts = event.target.open; } },
      h("summary", null, "How much is done"),
      ...AMOUNTS.map(([name, text]) => h("label", { class: "line" }, h("span", { class: "tag" }, text),
        range(wishes.amounts, name, { min: 0, max: 2, step: 0.1, label: `How much ${text.toLowerCase()}` }),
        h("output", null, `${Math.round(wishes.amounts[name] * 100)} %`))),
      h("p", { class: "soft" }, "Of new mixes: 100 % as sampled, 0 % left out, 200 % exaggerated.")),
  );
}

/** Return the field for words, what they are taken to mean, and how far they go. */
function inWords(model, wishes) {
  const meaning = h("p", { class: "meaning", "aria-live": "polite" });
  const tell = () => meaning.replaceChildren(...(wishes.words.trim() ? told(wishes.understood) : []));
  let waiting = null;
  const ask = async () => {
    const { words } = wishes;
    const understood = words.trim() ? await post(model.path("words"), { words }).catch((error) => ({ error: error.message })) : null;
    if (words !== wishes.words) return;
    wishes.understood = understood;
    tell();
  };
  const read = (event) => {
    wishes.words = event.target.value;
    clearTimeout(waiting);
    waiting = setTimeout(ask, 250);
  };
  if (wishes.understood === null && wishes.words.trim()) ask(); // words of an earlier visit
  tell();
  const notes = wishes.words.trim() ? notesOfLast(model.view) : [];
  return h("div", { class: "ask words" },
    h("h3", null, h("label", { for: "words" }, "In words")),
    h("input", { type: "text", id: "words", value: wishes.words, maxlength: 2000, autocomplete: "off", "data-key": "words", oninput: read,
      placeholder: "warm and wide, vocal up front, dry drums" }),
    meaning,
    ...notes.map((note) => h("p", { class: "soft" }, note.replace(/^prompt: /, ""))),
    h("label", { class: "line" }, h("span", { class: "tag" }, "How much"),
      range(wishes, "wordsWeight", { min: 0, max: 3, step: 0.25, label: "How far words move new mixes" }),
      h("output", null, `${Math.round(wishes.wordsWeight * 100)} %`)));
}

/** Return what words were taken to mean, as chips. */
function told(understood) {
  if (!understood) return [];
  if (understood.error) return [h("span", { class: "wrong" }, understood.error)];
  const much = (strength) => (Math.abs(strength) > 1.4 ? "much " : Math.abs(strength) < 0.7 ? "slightly " : "") + (strength < 0 ? "less" : "more");
  return [
    ...understood.understood.map(({ attribute, of, strength }) =>
      h("span", { class: "chip" }, `${much(strength)} ${attribute}${of && `: ${of}`}`)),
    ...understood.not_understood.map((word) => h("span", { class: "chip unknown" }, `${word}?`)),
    understood.understood.length + understood.not_understood.length ? null : h("span", { class: "soft" }, "Nothing of this is about sound."),
  ].filter(Boolean);
}

function between(model, wishes) {
  const ids = model.shown.map((slot) => slot.id);
  if (!ids.includes(wishes.from)) wishes.from = ids[0];
  if (!ids.includes(wishes.to) || wishes.to === wishes.from) wishes.to = ids.find((id) => id !== wishes.from);
  const go = () => {
    const [from, to] = [model.slot(wishes.from), model.slot(wishes.to)];
    const weights = [[from, 1 - wishes.share], [to, wishes.share]].map(([slot, weight]) => ({ mix: { slot, place: slot.place }, weight }));
    const place = from.place && to.place ? from.place.map((value, at) => value + wishes.share * (to.place[at] - value)) : null;
    model.wander(weights, place);
  };
  return h("div", { class: "ask" },
    h("h3", null, "In between"),
    h("div", { class: "line" },
      picker(model, wishes, "from", "From", go),
      range(wishes, "share", { min: 0, max: 1, step: 0.05, label: "How far on the way", onmove: go }),
      picker(model, wishes, "to", "To", go)),
    ways(model),
    model.between
      ? h("div", { class: "row" },
          button("Keep this", () => model.keepBetween(), { class: "primary", "data-key": "keep-between" }),
          button("Leave", () => model.leaveBetween(), { "data-key": "leave-between" }))
      : h("p", { class: "soft" }, "Move the slider, or drag on the map."));
}

const WAYS = [["latent", "in what is heard", "Through the latents of a codec that learned what is heard of mixes. Nothing jumps, and at either end is the mix itself."],
  ["straight", "knob by knob", "Every knob moves along its scale; a processor that only one of the mixes has on fades."]];

/** Return the choice of how one gets from one mix to another. */
function ways(model) {
  return h("div", { class: "ways" },
    h("label", { class: "line" }, h("span", { class: "tag" }, "Half-way is"),
      h("select", { "data-key": "way", onchange: (event) => model.setWay(event.target.value) },
        ...WAYS.map(([way, words]) => h("option", { value: way, selected: way === model.way }, words)))),
    h("p", { class: "soft" }, WAYS.find(([way]) => way === model.way)[2]));
}

function picker(model, wishes, name, label, go) {
  return h("select", {
    "aria-label": label, "data-key": `between-${name}`,
    onchange: (event) => { wishes[name] = event.target.value; if (model.between) go(); model.changed(); },
  }, ...model.shown.map((slot, at) =>
    h("option", { value: slot.id, selected: wishes[name] === slot.id }, model.blind ? `Mix ${String.fromCharCode(65 + at)}` : slot.name)));
}

function range(wishes, name, { min, max, step, label, onmove }) {
  return h("input", {
    type: "range", min, max, step, value: wishes[name], "aria-label": label, "data-key": `range-${name}`,
    oninput: (event) => {
      wishes[name] = Number(event.target.value);
      const output = event.target.parentElement.querySelector("output");
      if (output) output.textContent = `${Math.round(wishes[name] * 100)} %`;
      onmove?.();
    },
  });
}

function number(label, wishes, name, min, max) {
  return h("input", {
    type: "number", min, max, value: wishes[name], "aria-label": label, "data-key": `number-${name}`,
    onchange: (event) => { wishes[name] = Math.min(max, Math.max(min, Math.round(Number(event.target.value)) || min)); },
  });
}
