// The sound of the present mix over time: seek by pointer or arrows, drag across to set the loop.

import { h } from "./dom.js";
import { peaksOf } from "./plots.js";

const clock = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
export { clock };

export class Wave {
  /** Draw into `canvas`; `onseek(seconds)`, `onloop(start, end)` say what was asked for. */
  constructor(canvas, { onseek, onloop }) {
    Object.assign(this, { canvas, onseek, onloop, peaks: null, buffer: null, seconds: 0, loop: null, at: 0 });
    canvas.setAttribute("role", "slider");
    canvas.setAttribute("tabindex", "0");
    canvas.setAttribute("aria-label", "Place in the song");
    canvas.setAttribute("aria-valuemin", "0");
    canvas.addEventListener("keydown", (event) => this.key(event));
    this.listen();
    new ResizeObserver(() => this.draw()).observe(canvas);
  }

  listen() {
    let from = null;
    const place = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return Math.min(1, Math.max(0, (event.clientX - box.left) / box.width)) * this.seconds;
    };
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      from = { place: place(event), x: event.clientX };
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (!from || Math.abs(event.clientX - from.x) < 8) return;
      this.loop = [from.place, place(event)].sort((a, b) => a - b);
      this.draw();
    });
    this.canvas.addEventListener("pointerup", (event) => {
      if (!from) return;
      if (Math.abs(event.clientX - from.x) < 8) this.onseek(place(event));
      else if (this.loop && this.loop[1] - this.loop[0] > 0.2) this.onloop(...this.loop);
      from = null;
    });
    this.canvas.addEventListener("dblclick", () => this.onloop(0, Infinity));
  }

  key(event) {
    const steps = { ArrowLeft: -1, ArrowRight: 1, PageDown: -5, PageUp: 5 };
    let to = null;
    if (event.key in steps) to = this.at + steps[event.key];
    if (event.key === "Home") to = 0;
    if (event.key === "End") to = this.seconds;
    if (to === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.onseek(Math.min(this.seconds, Math.max(0, to)));
  }

  /** Show the sound of `buffer`, the loop, and where one is. */
  show(buffer, loop, at) {
    const isNew = buffer !== this.buffer;
    if (isNew && buffer) {
      this.peaks = peaksOf(buffer, 800);
      this.seconds = buffer.duration;
    }
    const before = this.at;
    Object.assign(this, { buffer, loop, at });
    if (isNew || Math.abs(before - at) > this.seconds / 4000) this.draw();
    const value = at.toFixed(1);
    if (this.canvas.getAttribute("aria-valuenow") === value) return;
    this.canvas.setAttribute("aria-valuemax", this.seconds.toFixed(1));
    this.canvas.setAttribute("aria-valuenow", value);
    this.canvas.setAttribute("aria-valuetext", `${clock(at)} of ${clock(this.seconds)}`);
  }

  draw() {
    const { canvas, peaks } = this;
    const scale = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width) return;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const pen = canvas.getContext("2d");
    const colour = (name) => getComputedStyle(canvas).getPropertyValue(name).trim();
    pen.scale(scale, scale);
    if (this.loop && this.seconds) {
      pen.fillStyle = colour("--row");
      const [start, end] = this.loop.map((seconds) => (Math.min(seconds, this.seconds) / this.seconds) * width);
      pen.fillRect(start, 0, end - start, height);
      pen.fillStyle = colour("--accent");
      for (const edge of [start, end - 1.5]) pen.fillRect(edge, 0, 1.5, height);
    }
    if (!peaks) return;
    const played = (this.at / this.seconds) * width;
    const bars = Math.floor(width / 3);
    for (let bar = 0; bar < bars; bar += 1) {
      const [first, last] = [bar, bar + 1].map((edge) => Math.floor((edge / bars) * peaks.length));
      let most = 0;
      for (let at = first; at < Math.max(last, first + 1); at += 1) most = Math.max(most, peaks[at]);
      const size = Math.max(1, most * (height - 6));
      pen.fillStyle = colour(bar * 3 < played ? "--ink" : "--faint");
      pen.fillRect(bar * 3, (height - size) / 2, 2, size);
    }
    pen.fillStyle = colour("--accent");
    pen.fillRect(played - 0.75, 0, 1.5, height);
  }
}

/** Return the line that shows a whole song and which part of it is heard. */
export function excerptBar(levels, excerpt, onmove) {
  const bar = h("div", { class: "excerpt" });
  const range = h("input", {
    type: "range", min: 0, max: Math.max(0, excerpt.of - excerpt.seconds), step: 1, value: excerpt.start,
    "aria-label": "Where the excerpt begins", "data-key": "excerpt",
    "aria-valuetext": `${clock(excerpt.start)} of ${clock(excerpt.of)}`,
    onchange: () => onmove(Number(range.value)),
  });
  bar.append(
    h("span", { class: "soft" }, `Heard: ${clock(excerpt.start)}–${clock(excerpt.start + excerpt.seconds)} of ${clock(excerpt.of)}`),
    range,
  );
  return bar;
}
