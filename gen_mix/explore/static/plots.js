// Drawings of a mix: where its tracks stand, the curve of an equalizer, the corner of a compressor, the sound itself.

import { h, s } from "./dom.js";
import { FREQS, compressed, response } from "./curves.js";

const CURVE_DB = 18;

const freqPlace = (freq) => Math.log10(freq / 20) / 3;
const path = (points) => points.map(([x, y], at) => `${at ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");

const LEVELS_DB = [-12, -6, 0, 6, 12];

/** Return the curve of a strip's equalizer, `width` by `height`; another mix's behind it, if given. */
export function eqPlot(strip, rate, width, height, { other = null, levels = [0] } = {}) {
  const x = (freq) => freqPlace(freq) * width;
  const y = (db) => height / 2 - (Math.max(-CURVE_DB, Math.min(CURVE_DB, db)) / CURVE_DB) * (height / 2 - 2);
  const line = (from) => path(response(from, rate).map((db, at) => [x(FREQS[at]), y(db)]));
  const grid = [100, 1000, 10000].map((freq) => s("line", { class: "grid", x1: x(freq), x2: x(freq), y1: 0, y2: height }));
  const lines = levels.map((db) => s("line", { class: db ? "grid" : "rail", x1: 0, x2: width, y1: y(db), y2: y(db) }));
  const curve = line(strip);
  return s(
    "svg",
    { class: "eq", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", preserveAspectRatio: "none" },
    ...grid, ...lines,
    s("path", { class: "area", d: `${curve}L${width} ${y(0)}L0 ${y(0)}Z` }),
    other && s("path", { class: "ghost-curve", d: line(other) }),
    s("path", { class: "curve", d: curve }),
  );
}

/** Return the same at large, with lines every 6 dB. */
export const largeEqPlot = (strip, rate, width, height, other) => eqPlot(strip, rate, width, height, { other, levels: LEVELS_DB });

/** Return what to write beside the lines of a large curve: not part of the drawing, which is stretched to its place. */
export function eqLabels() {
  const label = (text, kind, side, share) => {
    const words = h("span", { class: `tick ${kind}`, "aria-hidden": "true" }, text);
    words.style[side] = `${(100 * share).toFixed(2)}%`;
    return words;
  };
  return [
    ...[["100", 100], ["1k", 1000], ["10k", 10000]].map(([text, freq]) => label(text, "across", "left", freqPlace(freq))),
    ...LEVELS_DB.filter(Boolean).map((db) => label(`${db > 0 ? "+" : "−"}${Math.abs(db)}`, "up", "top", 0.5 - (0.49 * db) / CURVE_DB)),
  ];
}

/** Return how a compressor bends levels from -60 to 0 dB, `size` square. */
export function compressorPlot(settings, size, other = null) {
  const at = (db) => ((db + 60) / 60) * size;
  const line = (from) =>
    path(Array.from({ length: 61 }, (_, step) => [at(step - 60), size - at(from.on ? compressed(step - 60, from) : step - 60)]));
  return s(
    "svg",
    { class: "eq", viewBox: `0 0 ${size} ${size}`, "aria-hidden": "true" },
    ...[-48, -36, -24, -12].flatMap((db) => [
      s("line", { class: "grid", x1: at(db), x2: at(db), y1: 0, y2: size }),
      s("line", { class: "grid", x1: 0, x2: size, y1: size - at(db), y2: size - at(db) }),
    ]),
    s("line", { class: "rail", x1: 0, y1: size, x2: size, y2: 0 }),
    other && s("path", { class: "ghost-curve", d: line(other) }),
    s("path", { class: "curve", d: line(settings) }),
  );
}

/**
 * Return a mix as a stage: each track a dot, left to right where it is heard, higher the louder, larger the wetter; a
 * stereo one has a line as broad as it is wide.
 */
export function stagePlot(settings, tracks, width, height) {
  const faders = settings.tracks.map((track) => track.fader_db);
  const sorted = [...faders].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  const dots = settings.tracks.map((track, place) => {
    const level = Math.max(-18, Math.min(12, track.fader_db - middle));
    const wet = track.sends.reverb_db === null ? 0 : Math.max(0, 1 + track.sends.reverb_db / 40);
    const [cx, cy] = [6 + ((track.pan + 1) / 2) * (width - 12), height - 5 - ((level + 18) / 30) * (height - 10)];
    const reach = tracks[place]?.is_stereo ? (track.width / 2) * (width / 5) : 0;
    return [
      reach ? s("line", { class: "breadth", x1: Math.max(2, cx - reach), x2: Math.min(width - 2, cx + reach), y1: cy, y2: cy }) : null,
      wet ? s("circle", { class: "halo", cx, cy, r: 3 + 5 * wet }) : null,
      s("circle", { class: "dot", cx, cy, r: 2.4 }),
    ];
  });
  return s(
    "svg",
    { class: "stage", viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
    s("line", { class: "grid", x1: width / 2, x2: width / 2, y1: 2, y2: height - 2 }),
    ...dots.flat().filter(Boolean),
  );
}

/** Return the largest samples of a buffer in `points` steps, 0 to 1. */
export function peaksOf(buffer, points) {
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, at) => buffer.getChannelData(at));
  const step = buffer.length / points;
  const stride = Math.max(1, Math.floor(step / 64));
  return Float32Array.from({ length: points }, (_, point) => {
    let most = 0;
    const end = Math.floor((point + 1) * step);
    for (const channel of channels) {
      for (let at = Math.floor(point * step); at < end; at += stride) most = Math.max(most, Math.abs(channel[at]));
    }
    return most;
  });
}
