// The keyboard: everything that is done often has a key.

import { h } from "./dom.js";
import { asked } from "./explore.js";

const KEYS = [
  ["1 – 9", "hear that mix"], ["↑ ↓", "the mix before, the next"], ["A", "back to the mix heard before"],
  ["R", "the record, and the mix again"],
  ["Space", "play, pause"], ["← →", "two seconds back, on"], ["L", "loop"], ["E", "equal loudness"], ["B", "blind: shuffled, no names"],
  ["F", "favourite"], ["X", "reject"], ["V", "vary the present mix"], ["Enter", "keep what is in between"], ["Esc", "leave what is in between"],
  ["Ctrl+Z", "undo"], ["Ctrl+Shift+Z", "redo"], ["?", "this list"],
];

/** Return the list of keys. */
export function keyHelp() {
  return h("dl", { class: "keys" }, ...KEYS.flatMap(([key, text]) => [h("dt", null, h("kbd", null, key)), h("dd", null, text)]));
}

/** Listen to the keyboard for a studio; the returned controller ends it. */
export function listenToKeys(studio) {
  const controller = new AbortController();
  document.addEventListener("keydown", (event) => {
    if (document.querySelector("dialog[open]")) return;
    const { target } = event;
    if (target.matches?.("input:not([type=range]), textarea, select")) return;
    const action = event.ctrlKey || event.metaKey ? control(event, studio.model) : plain(event, studio);
    if (!action) return;
    event.preventDefault();
    action();
  }, { signal: controller.signal });
  return controller;
}

function control(event, model) {
  const key = event.key.toLowerCase();
  if (key === "z") return () => model.travel(event.shiftKey ? "redo" : "undo");
  return key === "y" ? () => model.travel("redo") : null;
}

function plain(event, studio) {
  const { model } = studio;
  const { target, key } = event;
  if (event.altKey) return null;
  if (/^[1-9]$/.test(key)) return () => model.choose(model.shown[Number(key) - 1]?.id);
  const isPressing = target.matches?.("button, summary, a") && target.matches(":focus-visible");
  if (key === " " && isPressing) return null; // Space presses what the keyboard chose
  const step = (by) => () => {
    const ids = model.shown.map((slot) => slot.id);
    model.choose(ids[(ids.indexOf(model.current) + by + ids.length) % ids.length]);
  };
  const onSlider = target.matches?.("[role=slider], input");
  const actions = {
    " ": () => model.togglePlay(),
    a: () => model.choose(model.record ? model.current : model.compare),
    r: () => model.hearRecord(model.record ?? model.records[0]?.id),
    l: () => studio.toggleLoop(),
    e: () => model.setMatched(!model.matched),
    b: () => model.setBlind(!model.blind),
    f: () => model.judge("favourite"),
    x: () => model.judge("rejected"),
    v: () => model.ask("sample", asked(model, studio.wishes, { base: model.current, strength: studio.wishes.strength })),
    "?": () => studio.show("help"),
    ...(onSlider ? {} : {
      ArrowUp: step(-1), ArrowDown: step(1),
      ArrowLeft: () => model.player.seek(model.player.position() - 2),
      ArrowRight: () => model.player.seek(model.player.position() + 2),
    }),
    ...(model.between && !isPressing ? { Enter: () => model.keepBetween(), Escape: () => model.leaveBetween() } : {}),
  };
  return actions[key.length === 1 ? key.toLowerCase() : key] ?? null;
}
