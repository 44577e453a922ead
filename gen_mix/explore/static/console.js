// The console: a strip per track, drawn and movable; what differs from another mix, where samples agree, what is locked.

import { button, h, toggle } from "./dom.js";
import { detail } from "./detail.js";
import { differences, isOn, read, spec, specs, title, words, written } from "./knobs.js";
import { eqPlot } from "./plots.js";
import { slider } from "./slider.js";

const GROUPS = [["level", "L"], ["place", "P"], ["tone", "T"], ["dynamics", "D"], ["space", "S"]];
const TALL = [
  ["fader_db", "level"],
  ["compressor.threshold_db", "comp"],
  ["reverb_send.level_db", "rev"],
  ["delay_send.level_db", "delay"],
];

/** Return the strips of all tracks and buses, and the details of the chosen one. */
export function consoleView(model) {
  const settings = model.desk;
  if (!settings) return [h("p", { class: "soft" }, "Nothing is on the console yet.")];
  const strips = settings.tracks.map((_, place) => strip(model, settings, place));
  return [
    row([...strips, ...busStrips(model, settings)]),
    detail(model, settings, model.selected, control),
  ];
}

/** Return strips side by side; where more of them are to be found, the row fades. */
function row(strips) {
  const place = h("div", { class: "strips", role: "group", "aria-label": "Tracks", tabindex: "0", "data-scrolls": true }, ...strips);
  const fade = () => {
    const right = place.scrollWidth - place.clientWidth - place.scrollLeft;
    place.style.setProperty("--left", `${Math.min(place.scrollLeft, 32)}px`);
    place.style.setProperty("--right", `${Math.max(0, Math.min(right, 32))}px`);
  };
  place.addEventListener("scroll", fade);
  new ResizeObserver(fade).observe(place);
  return place;
}

/** Return the slider of a knob, with everything known of it. */
export function control(model, settings, token, name, options = {}) {
  const knob = spec(token.split(".")[0], name);
  const other = model.otherDesk;
  const differs = other && differences(settings, other, token).has(name);
  const spread = model.survey?.spread[tokenPlace(token)]?.[name] ?? null;
  const label = `${stripName(settings, token)} ${title(name)}`;
  return h(
    "div",
    { class: `control${differs ? " differs" : ""}` },
    slider({
      spec: knob,
      value: read(settings, token, name),
      label,
      off: !isOn(settings, token, name),
      spread: Array.isArray(spread) ? spread : null,
      other: differs ? read(other, token, name) : null,
      onmove: (value) => model.move(written(model.desk, token, name, value)),
      ondone: (value) => model.keepMove(`${label} ${words(knob, value)}`),
      key: `${token}:${name}${options.vertical ? ":strip" : ""}`,
      ...options,
    }),
  );
}

/** Return the switch of a processor. */
export function switchOf(model, settings, token, name, text) {
  const on = read(settings, token, name);
  const share = model.survey?.spread[tokenPlace(token)]?.[name];
  const other = model.otherDesk;
  const differs = other && read(other, token, name) !== on;
  const label = `${stripName(settings, token)} ${title(name)}`;
  return toggle(text, on, () => {
    model.move(written(model.desk, token, name, !on));
    model.keepMove(`${label} ${on ? "off" : "on"}`);
  }, {
    class: `switch${differs ? " differs" : ""}`,
    "aria-label": label,
    "data-key": `${token}:${name}:switch`,
    title: share === undefined ? undefined : `On in ${Math.round(share * 100)} % of samples`,
  });
}

const tokenPlace = (token) => {
  const [kind, place] = token.split(".");
  return kind === "track" ? 3 + Number(place) : ["master", "reverb", "delay"].indexOf(kind);
};

export function stripName(settings, token) {
  const [kind, place] = token.split(".");
  return kind === "track" ? settings.tracks[Number(place)].name : kind[0].toUpperCase() + kind.slice(1);
}

function strip(model, settings, place) {
  const token = `track.${place}`;
  const track = settings.tracks[place];
  const other = model.otherDesk;
  const count = other ? differences(settings, other, token).size : 0;
  return h(
    "section",
    { class: `strip${model.selected === token ? " selected" : ""}`, "aria-label": track.name },
    button([h("span", { class: "name" }, track.name), count ? h("span", { class: "count", title: "Settings that differ" }, String(count)) : null],
      () => select(model, token),
      { class: "title", "data-key": `${token}:title`, "aria-label": `${track.name}, details${count ? `, ${count} settings differ` : ""}`, "aria-pressed": String(model.selected === token) }),
    hearing(model, place, track.name),
    h("div", { class: "row" },
      toggle("S", model.soloed.has(place), () => model.switchTrack(model.soloed, place), { class: "small", "aria-label": `Solo ${track.name}`, "data-key": `${token}:solo` }),
      toggle("M", model.muted.has(place), () => model.switchTrack(model.muted, place), { class: "small", "aria-label": `Mute ${track.name}`, "data-key": `${token}:mute` }),
      lockAll(model, place, track.name)),
    h("div", { class: "tone", "data-plot": `${token}:small`, onclick: () => select(model, token) }, eqPlot(track, model.view.sample_rate, 128, 48, { other: other?.tracks[place] })),
    control(model, settings, token, "pan"),
    h("div", { class: "talls" }, ...TALL.map(([name, text]) =>
      h("div", { class: "tall-control" },
        control(model, settings, token, name, { vertical: true }),
        name === "fader_db" ? h("span", { class: "tag" }, text) : switchOf(model, settings, token, `${name.split(".")[0]}.on`, text)))),
    h("div", { class: "row locks", role: "group", "aria-label": `Locks of ${track.name}` },
      ...GROUPS.map(([group, text]) => lock(model, `track.${place}.${group}`, text, `${group} of ${track.name}`))),
  );
}

/** Return what a track is heard as, to be put right: new mixes believe it. */
function hearing(model, place, name) {
  const { heard, told, leads } = model.view.tracks[place];
  const instruments = new Map(model.view.instruments);
  const choice = [["", `${instruments.get(heard)}?`], ...instruments].map(([value, text]) => h("option", { value, selected: value === (told ?? "") }, text));
  return h("div", { class: `row hearing${told ? " told" : ""}` },
    h("select", { "aria-label": `What ${name} is`, title: told ? "Said by you: new mixes believe it" : "Heard so by the model: put it right and new mixes believe you",
      "data-key": `track.${place}:hearing`, onchange: (event) => model.tell(place, event.target.value, false) }, ...choice),
    told ? toggle("leads", leads, () => model.tell(place, told, !leads), { class: "small", "aria-label": `${name} leads`, "data-key": `track.${place}:leads` }) : null);
}

/** Return what offers to believe what tracks are called, where that is something else than what is heard. */
export function namesToBelieve(model) {
  const instruments = new Map(model.view.instruments);
  const other = (model.view.tracks ?? []).filter(({ called, heard, told }) => called && called !== heard && !told);
  if (!other.length) return null;
  const names = other.map(({ name, called, heard }) => `${name}: ${instruments.get(called)}, heard as ${instruments.get(heard)}`);
  return button(`Believe names (${other.length})`, () => model.believeNames(), { class: "small", title: names.join("\n"), "data-key": "believe-names" });
}

function select(model, token) {
  model.selected = token;
  model.changed();
}

function lock(model, name, text, what) {
  const on = model.view.locks.includes(name);
  return toggle(text, on, () => model.setLocks([name], !on), {
    class: "small lock", "aria-label": `Lock ${what}`, title: `Lock ${what}`, "data-key": `lock-${name}`,
  });
}

function lockAll(model, place, name) {
  const names = GROUPS.map(([group]) => `track.${place}.${group}`);
  const on = names.every((lockName) => model.view.locks.includes(lockName));
  return toggle("lock", on, () => model.setLocks(names, !on), {
    class: "small lock wide", "aria-label": `Lock all of ${name}`, "data-key": `lock-all-${place}`,
  });
}

function busStrips(model, settings) {
  return ["reverb", "delay", "master"].map((token) => {
    const other = model.otherDesk;
    const count = other ? differences(settings, other, token).size : 0;
    const name = stripName(settings, token);
    const knobs = token === "master" ? [] : specs(token).map((knob) =>
      h("div", { class: "line" }, h("span", { class: "tag" }, title(knob.name)), control(model, settings, token, knob.name)));
    const locks = token === "master" ? ["tone", "dynamics"].map((group) => [`master.${group}`, group]) : [[token, "lock"]];
    return h(
      "section",
      { class: `strip bus${model.selected === token ? " selected" : ""}`, "aria-label": name },
      button([h("span", { class: "name" }, name), count ? h("span", { class: "count" }, String(count)) : null], () => select(model, token),
        { class: "title", "data-key": `${token}:title`, "aria-label": `${name}, details`, "aria-pressed": String(model.selected === token) }),
      token === "master" ? h("div", { class: "tone", "data-plot": "master:small" }, eqPlot(settings.master, model.view.sample_rate, 128, 48, { other: other?.master })) : null,
      token === "master" ? h("div", { class: "line" }, switchOf(model, settings, token, "compressor.on", "bus compressor")) : null,
      ...knobs,
      h("div", { class: "row locks" }, ...locks.map(([lockName, text]) => lock(model, lockName, text, `${lockName.replace(".", " ")}`))),
    );
  });
}

/** Return how many settings of the present mix are not those of the one it is compared with. */
export function countDifferences(model) {
  const [settings, other] = [model.desk, model.otherDesk];
  if (!settings || !other) return 0;
  const tokens = [...settings.tracks.map((_, place) => `track.${place}`), "reverb", "delay", "master"];
  return tokens.reduce((sum, token) => sum + differences(settings, other, token).size, 0);
}

