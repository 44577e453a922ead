// One strip at large: the equalizer with its bands to drag, the compressor with its corner.

import { h, hands } from "./dom.js";
import { bands, bandTitle, placeOf, read, spec, specs, title, tokenSettings, valueAt, words, written } from "./knobs.js";
import { compressorPlot, eqLabels, eqPlot, largeEqPlot } from "./plots.js";
import { stripName, switchOf } from "./console.js";

const WIDTH = 560;
const HEIGHT = 200;
const CURVE_DB = 18;

/** Return the details of a strip; `control` makes its sliders. */
export function detail(model, settings, token, control) {
  const kind = token.split(".")[0];
  const strip = kind === "track" ? settings.tracks[Number(token.split(".")[1])] : settings[kind];
  const other = model.otherDesk && (kind === "track" ? model.otherDesk.tracks[Number(token.split(".")[1])] : model.otherDesk[kind]);
  const name = stripName(settings, token);
  if (!strip?.eq) return h("section", { class: "detail", "aria-label": `${name}, details` }, plainKnobs(model, settings, token, control));
  return h(
    "section",
    { class: "detail", "aria-label": `${name}, details` },
    h("h3", null, name),
    h("div", { class: "halves" },
      h("div", { class: "equalizer" },
        h("div", { class: "plot" }, h("div", { "data-plot": `${token}:large` }, largeEq(model, strip, other)), ...eqLabels(), handles(model, strip, token)),
        h("div", { class: "bands" },
          kind === "track" ? bandRow(model, settings, token, "high_pass", ["freq_hz"], "high-pass", control) : null,
          ...bands.map(({ name: band }) => bandRow(model, settings, token, `eq.${band}`, ["freq_hz", "gain_db", "q"], bandTitle(band), control)))),
      h("div", { class: "compressor" },
        h("div", { class: "head" }, switchOf(model, settings, token, "compressor.on", "compressor"),
          h("span", { class: "soft" }, strip.compressor.on ? `${strip.compressor.ratio.toFixed(1)}:1 from ${words(spec("track", "compressor.threshold_db"), strip.compressor.threshold_db)}` : "off")),
        h("div", { "data-plot": `${token}:compressor` }, compressorPlot(strip.compressor, 160, other?.compressor)),
        ...["threshold_db", "ratio", "attack_ms", "release_ms", "knee_db"].map((knob) =>
          h("div", { class: "line" }, h("span", { class: "tag" }, title(`compressor.${knob}`)), control(model, settings, token, `compressor.${knob}`, { key: `${token}:compressor.${knob}:detail` }))),
        kind === "track" && model.view.tracks[Number(token.split(".")[1])].is_stereo
          ? h("div", { class: "line" }, h("span", { class: "tag" }, "width"), control(model, settings, token, "width"))
          : null)),
  );
}

const largeEq = (model, strip, other) => largeEqPlot(strip, model.view.sample_rate, WIDTH, HEIGHT, other);

/** Draw the curves in `place` anew, while a knob moves and everything else stays. */
export function redrawCurves(model, place) {
  const [settings, other] = [model.desk, model.otherDesk];
  for (const plot of settings ? place.querySelectorAll("[data-plot]") : []) {
    const [token, which] = plot.getAttribute("data-plot").split(":");
    const [strip, there] = [settings, other].map((one) => one && tokenSettings(one, token));
    if (which === "large") plot.replaceChildren(largeEq(model, strip, there));
    else if (which === "compressor") plot.replaceChildren(compressorPlot(strip.compressor, 160, there?.compressor));
    else plot.replaceChildren(eqPlot(strip, model.view.sample_rate, 128, 48, { other: there }));
  }
}

function plainKnobs(model, settings, token, control) {
  return [
    h("h3", null, stripName(settings, token)),
    ...specs(token).map((knob) =>
      h("div", { class: "line" }, h("span", { class: "tag" }, title(knob.name)), control(model, settings, token, knob.name, { key: `${token}:${knob.name}:detail` }))),
  ];
}

function bandRow(model, settings, token, prefix, knobs, text, control) {
  return h("div", { class: `band-row${read(settings, token, `${prefix}.on`) ? "" : " unused"}` },
    switchOf(model, settings, token, `${prefix}.on`, text),
    ...knobs.map((knob) => control(model, settings, token, `${prefix}.${knob}`)));
}

/** Return the handles of the bands that are on: across is frequency, up is gain. */
function handles(model, strip, token) {
  const kind = token.split(".")[0];
  const shown = bands.filter(({ name }) => strip.eq.bands.find((band) => band.band === name)?.on);
  const freqAt = (x) => 20 * 10 ** (3 * x);
  const dots = shown.map(({ name }, at) => {
    const band = strip.eq.bands.find((candidate) => candidate.band === name);
    const dot = h("span", { class: "handle", title: bandTitle(name) }, String(at + 1));
    dot.style.left = `${(Math.log10(band.freq_hz / 20) / 3) * 100}%`;
    dot.style.top = `${50 - (band.gain_db / CURVE_DB) * 49}%`;
    const [freq, gain] = [spec(kind, `eq.${name}.freq_hz`), spec(kind, `eq.${name}.gain_db`)];
    let moved = null;
    dot.addEventListener("pointerdown", (event) => {
      dot.setPointerCapture(event.pointerId);
      moved = false;
      hands.hold = dot;
      event.preventDefault();
    });
    dot.addEventListener("pointermove", (event) => {
      if (moved === null) return;
      const box = dot.parentElement.getBoundingClientRect();
      const hz = valueAt(freq, placeOf(freq, freqAt((event.clientX - box.left) / box.width)));
      const db = valueAt(gain, placeOf(gain, ((box.top + box.height / 2 - event.clientY) / (box.height / 2)) * CURVE_DB));
      moved = true;
      dot.style.left = `${(Math.log10(hz / 20) / 3) * 100}%`;
      dot.style.top = `${50 - (db / CURVE_DB) * 49}%`;
      model.move(written(written(model.desk, token, `eq.${name}.freq_hz`, hz), token, `eq.${name}.gain_db`, db));
    });
    dot.addEventListener("pointerup", () => {
      hands.hold = null;
      if (moved) {
        const now = model.desk;
        model.keepMove(`${stripName(now, token)} ${bandTitle(name)} ${words(gain, read(now, token, `eq.${name}.gain_db`))} at ${words(freq, read(now, token, `eq.${name}.freq_hz`))}`);
      }
      moved = null;
    });
    return dot;
  });
  return h("div", { class: "handles", "aria-hidden": "true" }, ...dots);
}
