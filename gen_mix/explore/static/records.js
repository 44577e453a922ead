// Records that new mixes are to sound like: dropped, listened to, weighed, and held against the present mix.

import { send } from "./api.js";
import { announce, button, h, hands, s, toggle } from "./dom.js";
import { clock } from "./wave.js";

const SOUND = /\.(wav|flac|aiff?|ogg|mp3)$/i;
const ASPECTS = [["tone", "Tone"], ["width", "Width"], ["dynamics", "Punch"]];
const OCTAVES = ["31", "63", "125", "250", "500", "1k", "2k", "4k", "8k", "16k"];
const WIDTH = 300;
const HEIGHT = 78;

/** Send a record to the session of `model`; `told` is where the panel finds how that goes. */
export async function bringRecord(model, files, told, limits) {
  const file = files.find((one) => SOUND.test(one.name));
  if (!file) return announce(`Expected a record as an audio file, got ${files.length ? files[0].name : "none"}.`);
  Object.assign(told, { recordState: `Listening to ${file.name} …`, recordTrouble: "" });
  model.changed();
  try {
    await send(model.path(`files?as=record&name=${encodeURIComponent(file.name)}`), file, limits.file_bytes);
    announce("New mixes will lean towards this record");
  } catch (error) {
    told.recordTrouble = error.message;
  }
  told.recordState = "";
  return model.changed();
}

/** Let files be dropped anywhere on the page of an opened session; the returned controller ends it. */
export function listenToDrops(model, told, limits) {
  const controller = new AbortController();
  const over = (event, isOver) => {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault(); // else the browser would leave the page for the file
    document.body.classList.toggle("dropping", isOver);
  };
  const { signal } = controller;
  document.addEventListener("dragover", (event) => over(event, true), { signal });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && over(event, false), { signal });
  document.addEventListener("drop", (event) => {
    over(event, false);
    if (model.isOpen) bringRecord(model, [...event.dataTransfer.files], told, limits);
  }, { signal });
  return controller;
}

/** Return the panel of records. */
export function recordPanel(model, wishes, limits) {
  const input = h("input", {
    type: "file", accept: "audio/*,.wav,.flac,.aif,.aiff,.ogg,.mp3", id: "record", class: "hidden-input", "data-key": "record-file",
    onchange: (event) => bringRecord(model, [...event.target.files], wishes, limits),
  });
  const hasRoom = model.records.length < limits.records && !wishes.recordState;
  return h("div", { class: `ask records${model.records.length ? " some" : ""}` },
    h("h3", null, "Like a record"),
    ...model.records.map((record) => recordLine(model, record, limits)),
    wishes.recordTrouble ? h("p", { class: "wrong", role: "alert" }, wishes.recordTrouble) : null,
    wishes.recordState ? h("p", { class: "soft", role: "status" }, wishes.recordState) : null,
    hasRoom ? h("div", { class: "row" }, h("label", { class: "button", for: "record" }, "Choose a file"), input,
      h("span", { class: "soft" }, "or drop it anywhere here: new mixes come to measure like it.")) : null);
}

function recordLine(model, record, limits) {
  const isHeard = model.record === record.id;
  const length = Math.min(limits.section_seconds, record.seconds);
  const [start, end] = record.section;
  const output = h("output", null, record.weight ? `${Math.round(record.weight * 100)} %` : "off");
  const section = h("output", null, `${clock(start)}–${clock(end)}`);
  const pick = (name, isOn) => {
    const aspects = record.offers.filter((one) => (one === name ? isOn : record.aspects.includes(one)));
    if (aspects.length) model.changeRecord(record.id, { aspects });
  };
  return h("div", { class: "record", "data-record": record.id },
    h("div", { class: "line" },
      toggle(isHeard ? "◼" : "▶", isHeard, () => model.hearRecord(record.id), {
        class: "small", "aria-label": `Hear ${record.name}`, title: "Hear the record, then the mix again (R)", "data-key": `hear-${record.id}` }),
      h("b", { class: "title", title: record.name }, record.name),
      button("✕", () => model.removeRecord(record.id), { class: "small plain", "aria-label": `Take ${record.name} away`, title: "Take away", "data-key": `remove-${record.id}` })),
    h("label", { class: "line" }, h("span", { class: "tag" }, "How much"),
      slider(record.weight, { max: 1, step: 0.05, label: `How much ${record.name} counts`, key: `weight-${record.id}` },
        (value) => { output.textContent = value ? `${Math.round(value * 100)} %` : "off"; },
        (value) => model.changeRecord(record.id, { weight: value })),
      output),
    record.seconds > length + 1 ? h("label", { class: "line" }, h("span", { class: "tag" }, "Section"),
      slider(start, { max: Math.floor(record.seconds - length), step: 0.5, label: `Section of ${record.name}`, key: `section-${record.id}` },
        (value) => { section.textContent = `${clock(value)}–${clock(value + length)}`; },
        (value) => model.changeRecord(record.id, { start: value }, { section: [value, value + length] })),
      section) : null,
    h("div", { class: "line" }, h("span", { class: "tag" }, "What of it"),
      ...ASPECTS.filter(([name]) => record.offers.includes(name)).map(([name, text]) => {
        const isOn = record.aspects.includes(name);
        return toggle(text, isOn, () => pick(name, !isOn), { class: "small", "data-key": `aspect-${name}-${record.id}` });
      }),
      record.offers.includes("width") ? null : h("span", { class: "soft" }, "mono: no width")),
    comparison(model, record));
}

function slider(value, { max, step, label, key }, onmove, onrest) {
  const letGo = () => { hands.hold = null; };
  return h("input", { type: "range", min: 0, max, step, value, "aria-label": label, "data-key": key,
    onpointerdown: (event) => { hands.hold = event.target; }, onpointerup: letGo, onpointercancel: letGo,
    oninput: (event) => onmove(Number(event.target.value)), onchange: (event) => onrest(Number(event.target.value)) });
}

/** Return the tone of the record and of the present mix, and how width and punch differ. */
function comparison(model, record) {
  const slot = model.slot(model.current);
  const mix = slot && !model.blind ? model.soundOf(slot) : null;
  const all = [record.sound, mix].filter(Boolean).flatMap((sound) => sound.slice(0, 10));
  const [top, bottom] = [Math.max(...all) + 2, Math.max(Math.min(...all) - 2, Math.max(...all) - 42)];
  const x = (octave) => 12 + (octave / 9) * (WIDTH - 24);
  const y = (db) => 4 + ((top - Math.max(db, bottom)) / (top - bottom)) * (HEIGHT - 20);
  const line = (sound) => sound.slice(0, 10).map((db, octave) => `${octave ? "L" : "M"}${x(octave).toFixed(1)} ${y(db).toFixed(1)}`).join("");
  const words = mix ? differences(record, mix) : "";
  return [
    s("svg", { class: "eq tone", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img",
      "aria-label": `Tone of ${record.name}${mix ? ` and of ${slot.name}. ${words}` : ""}` },
    ...OCTAVES.map((name, octave) => s("text", { class: "tick", x: x(octave), y: HEIGHT - 3, "text-anchor": "middle" }, name)),
    ...OCTAVES.map((_, octave) => s("line", { class: "grid", x1: x(octave), x2: x(octave), y1: 2, y2: HEIGHT - 14 })),
    s("path", { class: "ghost-curve", d: line(record.sound) }),
    mix && s("path", { class: "curve", d: line(mix) })),
    h("p", { class: "soft" }, h("i", { class: "swatch dashed" }), "the record",
      mix ? [h("i", { class: "swatch solid" }), slot.name, h("br"), words] : null),
  ];
}

/** Return in words how a mix differs from a record. */
function differences(record, mix) {
  const off = (from, to) => {
    const parts = record.sound.slice(from, to).map((value, at) => (mix[from + at] - value) ** 2);
    return Math.sqrt(parts.reduce((sum, part) => sum + part, 0) / parts.length);
  };
  const signed = (value, more, less) => `${Math.abs(value).toFixed(1)} dB ${value >= 0 ? more : less}`;
  const width = (sound) => (sound[10] + sound[11] + sound[12]) / 3;
  return [
    `tone ${off(0, 10).toFixed(1)} dB apart`,
    record.offers.includes("width") ? signed(width(mix) - width(record.sound), "wider", "narrower") : null,
    signed(mix[14] - record.sound[14], "punchier", "denser"),
  ].filter(Boolean).join(", ");
}
