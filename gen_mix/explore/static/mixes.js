// The mixes as cards: which is heard, how they are placed, what one thinks of them.

import { button, h, toggle } from "./dom.js";
import { stagePlot } from "./plots.js";

/** Return the cards of all mixes. */
export function mixCards(model) {
  return h("ol", { class: "cards", "aria-label": "Mixes" }, ...model.shown.map((slot, at) => card(model, slot, at)));
}

function card(model, slot, at) {
  const isCurrent = slot.id === model.current && !model.between && !model.record;
  const name = model.blind ? `${letter(at)}` : slot.name;
  const settings = model.settings.get(slot.mix);
  const main = button(
    [
      at < 9 ? h("span", { class: "key", "aria-hidden": "true" }, String(at + 1)) : null,
      h("span", { class: "name" }, name),
      !model.blind && settings ? stagePlot(settings, model.view.tracks ?? [], 112, 44) : null,
      h("span", { class: "soft origin", title: model.blind ? undefined : slot.origin }, model.blind ? "" : slot.origin),
    ],
    () => model.choose(slot.id),
    {
      class: "choose",
      "aria-pressed": String(isCurrent),
      "aria-label": `${name}${isCurrent ? ", heard" : ""}${slot.verdict ? `, ${slot.verdict}` : ""}`,
      "data-key": `mix-${slot.id}`,
      title: at < 9 ? `Key ${at + 1}` : undefined,
    },
  );
  return h(
    "li",
    { class: `card ${slot.verdict}${isCurrent ? " current" : ""}`, "data-slot": slot.id },
    main,
    h(
      "div",
      { class: "judge" },
      toggle("♥", slot.verdict === "favourite", () => model.judge("favourite", slot.id), {
        "aria-label": `Favourite ${name}`, title: "Favourite (F)", "data-key": `fav-${slot.id}`,
      }),
      toggle("✕", slot.verdict === "rejected", () => model.judge("rejected", slot.id), {
        "aria-label": `Reject ${name}`, title: "Reject (X)", "data-key": `rej-${slot.id}`,
      }),
    ),
  );
}

export const letter = (at) => String.fromCharCode(65 + (at % 26)) + (at >= 26 ? Math.floor(at / 26) : "");
