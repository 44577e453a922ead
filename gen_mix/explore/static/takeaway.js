// Mixes for other programs: whole songs, in one file to download.

import { post } from "./api.js";
import { button, h } from "./dom.js";

const WORDS = {
  stems: ["Stems", "every track and return as heard, and the mix"],
  recall: ["Recall sheet", "settings to dial in by hand, HTML and Markdown"],
  csv: ["Settings table", "one row per knob, for a spreadsheet"],
  dawproject: ["DAWproject", "Bitwig, Studio One, Cubase"],
  rpp: ["REAPER project", "with the same processors inside"],
};

const AUDIO = { wav24: "24-bit WAV", wav32f: "32-bit float WAV", flac: "FLAC" };

/** Return what is ticked when the panel opens: favourites if there are any, and most formats. */
export function takeAwayChoice(model, formats) {
  const favourites = model.slots.filter((slot) => slot.verdict === "favourite").map((slot) => slot.id);
  const mixes = new Set(favourites.length ? favourites : [model.current]);
  return { mixes, kinds: new Set(formats.filter((name) => name !== "csv")), audio: "wav24", asked: 0, opened: performance.now() };
}

/** Return the panel that asks which mixes, and in which formats; what is ticked is kept in `choice`. */
export function takeAwayPanel(model, choice, formats, audio) {
  const told = h("span", { class: "soft", role: "status" });
  const write = button("Write", () => model.ask("export", order(model, choice)).catch(() => null), { class: "primary", "data-key": "write" });
  const options = audio.map((name) => h("option", { value: name, selected: name === choice.audio }, AUDIO[name] ?? name));
  const tell = () => tellSize(model, choice, options, told, write);
  const box = (set, value, label, detail) => h("label", { class: "choice" },
    h("input", { type: "checkbox", checked: set.has(value), "data-key": `take ${value}`, onchange: (event) => { set[event.target.checked ? "add" : "delete"](value); tell(); } }),
    h("span", null, h("b", null, label), detail ? h("span", { class: "soft" }, ` ${detail}`) : null));
  const as = h("select", { "aria-label": "Audio files", "data-key": "audio", onchange: () => { choice.audio = as.value; tell(); } }, ...options);
  tell();
  return [
    h("fieldset", { class: "many" }, h("legend", null, "Mixes"), ...model.slots.map((slot) => box(choice.mixes, slot.id, slot.name, slot.verdict))),
    h("fieldset", null, h("legend", null, "As"), ...formats.map((name) => box(choice.kinds, name, ...(WORDS[name] ?? [name])))),
    h("label", { class: "row" }, h("span", { class: "soft" }, "Audio files as"), as),
    h("div", { class: "row" }, write, told),
    ...model.view.jobs.filter((job) => job.kind === "export").slice(-3).map((job) => exportLine(job)),
  ];
}

/** Return what the server is asked for; mixes that are gone meanwhile are not. */
function order(model, choice) {
  return { slots: [...choice.mixes].filter((id) => model.slot(id)), formats: [...choice.kinds], audio: choice.audio };
}

/** Say how large the export will be, in each kind of audio file, and forbid it where there is no room. */
async function tellSize(model, choice, options, told, write) {
  const asked = (choice.asked += 1);
  const wanted = order(model, choice);
  write.disabled = !wanted.slots.length || !wanted.formats.length;
  told.className = "soft";
  told.textContent = write.disabled ? "Tick at least one mix and one format." : "Whole songs are rendered; that takes a moment.";
  if (write.disabled) return;
  const size = await post(model.path("export/size"), wanted).catch(() => null);
  if (asked !== choice.asked || !size) return; // something else is ticked by now
  for (const option of options) option.textContent = `${AUDIO[option.value] ?? option.value}, about ${bytesWords(size.bytes[option.value])}`;
  const needed = size.bytes[choice.audio];
  write.disabled = needed > size.free_bytes;
  told.className = write.disabled ? "wrong" : "soft";
  told.textContent = write.disabled
    ? `About ${bytesWords(needed)}, and the disk has ${bytesWords(size.free_bytes)} free.`
    : `About ${bytesWords(needed)}. Whole songs are rendered; that takes a moment.`;
}

/** Return a size in words, as the command line says it. */
function bytesWords(bytes) {
  if (bytes < 0.95e6) return `${Math.max(bytes / 1e6, 0.1).toFixed(1)} MB`;
  return bytes < 0.9995e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

function exportLine(job) {
  if (job.status === "done") {
    return h("p", null, h("a", { class: "button primary", href: `/take/${job.result.ticket}`, download: job.result.name },
      `Download ${job.result.name}, ${bytesWords(job.result.bytes)}`));
  }
  if (job.status === "failed") return h("p", { class: "wrong" }, job.error);
  return h("p", { class: "soft" }, job.status === "cancelled" ? "Cancelled." : `${job.label} … ${Math.round(job.done * 100)} %`);
}
