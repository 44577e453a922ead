// Knobs of a mix: where they are in its settings, what they mean, how to write them down.

let kinds = {};
export let bands = [];

/** Take the description of the console from the server: units, ranges and scales are said there alone. */
export function describe(console_) {
  kinds = Object.fromEntries(
    Object.entries(console_.kinds).map(([kind, specs]) => [kind, new Map(specs.map((spec) => [spec.name, spec]))]),
  );
  bands = console_.bands;
}

export const spec = (kind, name) => kinds[kind].get(name);
export const specs = (kind) => [...kinds[kind].values()];

/** Return the place, 0 to 1, of a value. */
export function placeOf({ low, high, scale }, value) {
  const clipped = Math.min(high, Math.max(low, value));
  return scale === "log" ? Math.log(clipped / low) / Math.log(high / low) : (clipped - low) / (high - low);
}

/** Return the value at a place, 0 to 1. */
export function valueAt({ low, high, scale }, place) {
  const clipped = Math.min(1, Math.max(0, place));
  return scale === "log" ? low * Math.exp(clipped * Math.log(high / low)) : low + clipped * (high - low);
}

/** Return the settings of a token: "track.0" ..., "reverb", "delay", "master". */
export function tokenSettings(settings, token) {
  const [kind, place] = token.split(".");
  if (kind === "track") return settings.tracks[Number(place)];
  return kind === "master" ? settings.master : settings.buses[kind];
}

export const kindOf = (token) => token.split(".")[0];

const SENDS = { reverb_send: "reverb_db", delay_send: "delay_db" };

function target(strip, name) {
  const [group, ...rest] = name.split(".");
  if (!rest.length) return { object: strip, key: name };
  if (group === "eq") return { object: strip.eq.bands.find((band) => band.band === rest[0]), key: rest[1] };
  return { object: strip[group], key: rest[0] };
}

/** Return what a knob says; a send that is off stands at its default. */
export function read(settings, token, name) {
  const strip = tokenSettings(settings, token);
  const send = SENDS[name.split(".")[0]];
  if (send) {
    if (name.endsWith(".on")) return strip.sends[send] !== null;
    return strip.sends[send] ?? spec("track", name).default;
  }
  const { object, key } = target(strip, name);
  return object[key];
}

/** Return other settings, in which a knob says `value`; turning a knob of what is off switches it on. */
export function written(settings, token, name, value) {
  const copy = structuredClone(settings);
  const strip = tokenSettings(copy, token);
  const send = SENDS[name.split(".")[0]];
  if (send) {
    const level = spec("track", name.replace(/\.on$/, ".level_db"));
    if (!name.endsWith(".on")) strip.sends[send] = value;
    else strip.sends[send] = value ? (strip.sends[send] ?? level.default) : null;
    return copy;
  }
  const { object, key } = target(strip, name);
  object[key] = value;
  if (key !== "on" && "on" in object) object.on = true;
  if (strip.eq) strip.eq.on = strip.eq.bands.some((band) => band.on);
  return copy;
}

/** Return whether the processor that a knob belongs to is on. */
export function isOn(settings, token, name) {
  const prefix = name.slice(0, name.lastIndexOf("."));
  return prefix === "" || !kinds[kindOf(token)].has(`${prefix}.on`) || read(settings, token, `${prefix}.on`);
}

/** Return a value as people read it. */
export function words({ unit, name, scale }, value) {
  if (scale === "gate") return value ? "on" : "off";
  if (name === "pan") {
    const side = Math.round(Math.abs(value) * 100);
    return side < 2 ? "centre" : `${side} % ${value < 0 ? "left" : "right"}`;
  }
  if (unit === "dB") return `${name.endsWith("knee_db") ? value.toFixed(1) : signed(value)} dB`;
  if (unit === "Hz") return value >= 1000 ? `${(value / 1000).toFixed(value < 10000 ? 2 : 1)} kHz` : `${value.toFixed(0)} Hz`;
  if (unit === "ms") return value >= 1000 ? `${(value / 1000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
  if (unit === "s") return `${value.toFixed(1)} s`;
  return name.endsWith("ratio") ? `${value.toFixed(1)}:1` : value.toFixed(2);
}

/** Return a value as briefly as a narrow strip needs it. */
export const shortWords = ({ name }, value) => (name === "fader_db" ? signed(value) : value.toFixed(0).replace("-", "−"));

/** Return a number of decibels with its sign. */
export const signed = (value) => {
  const text = Math.abs(value).toFixed(1);
  return text === "0.0" ? "0.0" : `${value < 0 ? "−" : "+"}${text}`;
};

const NAMES = {
  fader_db: "level", pan: "pan", width: "width", "reverb_send.level_db": "reverb", "delay_send.level_db": "delay",
  "compressor.threshold_db": "threshold", "compressor.ratio": "ratio", "compressor.attack_ms": "attack",
  "compressor.release_ms": "release", "compressor.knee_db": "knee", "high_pass.freq_hz": "high-pass",
  pre_delay_ms: "pre-delay", decay_s: "decay", damping_hz: "damping", low_cut_hz: "low cut", time_ms: "time",
  feedback: "feedback", high_cut_hz: "high cut", ping_pong: "ping-pong",
};
const BAND_KNOBS = { freq_hz: "frequency", gain_db: "gain", q: "Q", on: "switch" };

export const bandTitle = (band) => band.replace("_", " ").replace("bell ", "bell ");

/** Return what people call a knob. */
export function title(name) {
  if (name.startsWith("eq.")) {
    const [, band, knob] = name.split(".");
    return `${bandTitle(band)} ${BAND_KNOBS[knob]}`;
  }
  return NAMES[name] ?? name.replace(/\.on$/, "").replace("_send", "").replace("_", "-");
}

/** Return the knobs of a token that are not where another mix has them, by name. */
export function differences(settings, other, token) {
  const found = new Set();
  for (const knob of specs(kindOf(token))) {
    const [here, there] = [read(settings, token, knob.name), read(other, token, knob.name)];
    if (knob.scale === "gate" ? here !== there : isOn(settings, token, knob.name) && isOn(other, token, knob.name)
      && Math.abs(placeOf(knob, here) - placeOf(knob, there)) > 0.03) found.add(knob.name);
  }
  return found;
}
