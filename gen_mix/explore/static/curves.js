// Curves of processors, for drawing: the same formulas as the console's (biquads of the Audio EQ Cookbook).

import { bands } from "./knobs.js";

export const FREQS = Array.from({ length: 121 }, (_, step) => 20 * 10 ** ((3 * step) / 120));
const HIGHEST = 0.45;

function biquad(type, freq, gainDb, q, rate) {
  const w = (2 * Math.PI * Math.min(freq, HIGHEST * rate)) / rate;
  const [sin, cos, A] = [Math.sin(w), Math.cos(w), 10 ** (gainDb / 40)];
  const alpha = sin / (2 * q);
  if (type === "high_pass") {
    return [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2, 1 + alpha, -2 * cos, 1 - alpha];
  }
  if (type === "bell") return [1 + alpha * A, -2 * cos, 1 - alpha * A, 1 + alpha / A, -2 * cos, 1 - alpha / A];
  const [root, sign] = [2 * Math.sqrt(A) * alpha, type === "low_shelf" ? 1 : -1];
  return [
    A * (A + 1 - sign * (A - 1) * cos + root),
    2 * sign * A * (A - 1 - sign * (A + 1) * cos),
    A * (A + 1 - sign * (A - 1) * cos - root),
    A + 1 + sign * (A - 1) * cos + root,
    -2 * sign * (A - 1 + sign * (A + 1) * cos),
    A + 1 + sign * (A - 1) * cos - root,
  ];
}

function gainDb([b0, b1, b2, a0, a1, a2], freq, rate) {
  const w = (2 * Math.PI * freq) / rate;
  const power = (x, y, z) => x * x + y * y + z * z + 2 * (x * y + y * z) * Math.cos(w) + 2 * x * z * Math.cos(2 * w);
  return 10 * Math.log10(Math.max(power(b0, b1, b2), 1e-30) / Math.max(power(a0, a1, a2), 1e-30));
}

/** Return the gain in dB of a strip's high-pass and equalizer at `freqs`. */
export function response(strip, rate, freqs = FREQS) {
  const sections = [];
  if (strip.high_pass?.on) sections.push(biquad("high_pass", strip.high_pass.freq_hz, 0, Math.SQRT1_2, rate));
  for (const band of strip.eq.on ? strip.eq.bands : []) {
    const { type } = bands.find((known) => known.name === band.band);
    if (band.on) sections.push(biquad(type, band.freq_hz, band.gain_db, band.q, rate));
  }
  return freqs.map((freq) => sections.reduce((sum, section) => sum + gainDb(section, freq, rate), 0));
}

/** Return the level in dB that comes out of a compressor for a steady level that goes in. */
export function compressed(level, { threshold_db: threshold, ratio, knee_db: knee }) {
  const width = Math.max(knee, 1e-3);
  const above = Math.max(0, level - threshold + width / 2);
  const inside = Math.min(above, width);
  return level + (1 / ratio - 1) * ((inside * inside) / (2 * width) + (above - inside));
}
