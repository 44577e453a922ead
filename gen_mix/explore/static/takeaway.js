// Mixes for other programs: whole songs, in one file to download.

import { button, h } from "./dom.js";

const WORDS = {
  stems: ["Stems", "every track and return as heard, and the mix"],
  recall: ["Recall sheet", "settings to dial in by hand, HTML and Markdown"],
  csv: ["Settings table", "one row per knob, for a spreadsheet"],
  dawproject: ["DAWproject", "Bitwig, Studio One, Cubase"],
  rpp: ["REAPER project", "with the same processors inside"],
};

const AUDIO = { wav24: "24-bit WAV", wav32f: "32-bit float WAV", flac: "FLAC, half the size" };

/** Return the panel that asks which mixes, and in which formats. */
export function takeAwayPanel(model, formats, audio) {
  const favourites = model.slots.filter((slot) => slot.verdict === "favourite").map((slot) => slot.id);
  const chosen = new Set(favourites.length ? favourites : [model.current]);
  const kinds = new Set(formats.filter((name) => name !== "csv"));
  const box = (set, value, label, detail) => h("label", { class: "choice" },
    h("input", { type: "checkbox", checked: set.has(value), onchange: (event) => (event.target.checked ? set.add(value) : set.delete(value)) }),
    h("span", null, h("b", null, label), detail ? h("span", { class: "soft" }, ` ${detail}`) : null));
  const as = h("select", { "aria-label": "Audio files", "data-key": "audio" },
    ...audio.map((name) => h("option", { value: name }, AUDIO[name] ?? name)));
  const write = () => chosen.size && kinds.size && model.ask("export", { slots: [...chosen], formats: [...kinds], audio: as.value });
  return [
    h("fieldset", null, h("legend", null, "Mixes"), ...model.slots.map((slot) => box(chosen, slot.id, slot.name, slot.verdict))),
    h("fieldset", null, h("legend", null, "As"), ...formats.map((name) => box(kinds, name, ...(WORDS[name] ?? [name])))),
    h("label", { class: "row" }, h("span", { class: "soft" }, "Audio files as"), as),
    h("div", { class: "row" }, button("Write", write, { class: "primary", "data-key": "write" }), h("span", { class: "soft" }, "Whole songs are rendered; that takes a moment.")),
    ...model.view.jobs.filter((job) => job.kind === "export").slice(-3).map((job) => exportLine(job)),
  ];
}

function exportLine(job) {
  if (job.status === "done") {
    return h("p", null, h("a", { class: "button primary", href: `/take/${job.result.ticket}`, download: job.result.name },
      `Download ${job.result.name}, ${(job.result.bytes / 1e6).toFixed(1)} MB`));
  }
  if (job.status === "failed") return h("p", { class: "wrong" }, job.error);
  return h("p", { class: "soft" }, job.status === "cancelled" ? "Cancelled." : `${job.label} … ${Math.round(job.done * 100)} %`);
}
