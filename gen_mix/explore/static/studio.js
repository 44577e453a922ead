// The opened session: transport, mixes, map, console and panels, drawn anew where something changed.

import { get, post, remove } from "./api.js";
import { announce, button, fill, h, toggle } from "./dom.js";
import { consoleView, namesToBelieve, countDifferences } from "./console.js";
import { redrawCurves } from "./detail.js";
import { explorePanel, notesOfLast } from "./explore.js";
import { listenToKeys, keyHelp } from "./keys.js";
import { MixMap, mapLegend } from "./map.js";
import { remember, remembered } from "./memory.js";
import { letter, mixCards } from "./mixes.js";
import { Model } from "./model.js";
import { listenToDrops } from "./records.js";
import { historyPanel } from "./past.js";
import { takeAwayChoice, takeAwayPanel } from "./takeaway.js";
import { themeButton } from "./theme.js";
import { Wave, clock, excerptBar } from "./wave.js";

export class Studio {
  constructor(id, header, main, told, leave) {
    Object.assign(this, { header, main, told, leave, isDrawing: false, overview: null });
    this.wishes = { count: 4, strength: 0.4, share: 0.5, from: null, to: null, byTaste: true, showsAmounts: false,
      words: "", wordsWeight: 1, understood: null, recordState: "", recordTrouble: "",
      amounts: { level: 1, pan: 1, eq: 1, dynamics: 1, space: 1 } };
    this.model = new Model(id, () => this.draw());
    const { wishes, ...rest } = remembered(id);
    Object.assign(this.wishes, wishes);
    Object.assign(this.model, rest);
    this.build();
    main.classList.add("opening");
    this.keys = listenToKeys(this);
    this.drops = listenToDrops(this.model, this.wishes, told.limits);
    this.ticking = setInterval(() => this.tick(), 60);
    post(`sessions/${id}/open`).catch((error) => announce(error.message));
    this.model.follow();
  }

  /** Keep where one is, for a tab that is closed or crashes. */
  remember() {
    const { count, strength, byTaste, showsAmounts, words, wordsWeight, amounts } = this.wishes;
    const { current, selected, matched, way } = this.model;
    remember(this.model.id, { wishes: { count, strength, byTaste, showsAmounts, words, wordsWeight, amounts }, current, selected, matched, way });
  }

  close() {
    this.remember();
    this.main.classList.remove("opening");
    clearInterval(this.ticking);
    this.keys.abort();
    this.drops.abort();
    this.model.close();
  }

  build() {
    const part = (name, label) => h("section", { class: name, "aria-label": label });
    this.parts = {
      progress: h("div", { class: "progress" }),
      transport: h("div", { class: "buttons" }),
      excerpt: h("div"),
      cards: part("mixes", "Mixes"),
      explore: part("panel", "New mixes"),
      legend: h("div"),
      consoleHead: h("div", { class: "head" }),
      console: h("div", { class: "console" }),
    };
    const canvas = h("canvas", { class: "wave" });
    this.wave = new Wave(canvas, {
      onseek: (seconds) => { this.model.player.seek(seconds); this.draw(); },
      onloop: (start, end) => this.model.setLoop([start, end]),
    });
    this.clock = h("output", { class: "clock", "aria-label": "Time" });
    const mapPlace = h("div", { class: "map-place" });
    this.map = new MixMap(mapPlace, {
      onchoose: (slot) => this.model.choose(slot.id),
      onrecord: (record) => this.model.hearRecord(record.id),
      onspot: (spot) => { announce("Rendering that mix"); this.model.ask("sample", { spot }); },
      onwander: (weights, place) => this.model.wander(weights, place),
      onrest: () => this.draw(),
    });
    this.dialogs = Object.fromEntries(["history", "take", "help"].map((name) => [name, this.dialog(name)]));
    this.main.replaceChildren(
      this.parts.progress,
      h("section", { class: "transport", "aria-label": "Player" }, this.parts.transport, this.clock, canvas),
      this.parts.excerpt,
      this.parts.cards,
      h("div", { class: "two" },
        h("section", { class: "panel", "aria-label": "Map" }, h("h2", null, "Map"), mapPlace, this.parts.legend),
        this.parts.explore),
      h("section", { class: "panel", "aria-label": "Console" }, this.parts.consoleHead, this.parts.console),
      ...Object.values(this.dialogs),
    );
  }

  dialog(name) {
    const titles = { history: "History", take: "Take away", help: "Keys" };
    const body = h("div", { class: "body" });
    const element = h("dialog", { "aria-label": titles[name] }, h("div", { class: "head" }, h("h2", null, titles[name]),
      button("✕", () => element.close(), { class: "plain", "aria-label": "Close" })), body);
    element.body = body;
    return element;
  }

  show(name) {
    const element = this.dialogs[name];
    if (name === "take" && !element.open) this.taking = takeAwayChoice(this.model, this.told.formats);
    if (!element.open) element.showModal();
    this.draw();
  }

  draw() {
    if (this.isDrawing) return;
    this.isDrawing = true;
    requestAnimationFrame(() => {
      this.isDrawing = false;
      if (this.model.view && !this.model.isClosed) this.drawNow();
    });
  }

  drawNow() {
    const { model, parts } = this;
    this.main.classList.remove("opening");
    const { view } = model;
    const settingsKnown = model.slots.map((slot) => model.settings.has(slot.mix));
    if (view.excerpt && !view.excerpt.is_whole && this.overview === null) this.loadOverview();
    this.drawHeader();
    this.drawProgress();
    fill(parts.transport, [model.player.isPlaying, model.loop, model.matched, model.blind !== null, model.slots.length], () => this.transport());
    fill(parts.excerpt, [view.excerpt, this.overview?.length], () => view.excerpt && !view.excerpt.is_whole ? excerptBar(this.overview, view.excerpt, (start) => model.ask("excerpt", { start })) : null);
    fill(parts.cards, [view.slots, model.isOpen, model.current, model.record, model.blind, Boolean(model.between), settingsKnown], () => (model.slots.length ? mixCards(model) : h("p", { class: "soft" }, "The first mixes are on their way.")));
    const between = model.between ? [model.between.weights.map(({ mix, weight }) => [mix.slot.id, weight]), model.between.place] : null;
    fill(parts.explore, [view.slots.map((slot) => [slot.id, slot.name, slot.verdict]), model.current, view.locks.length, Boolean(between), model.blind, model.way, this.wishes.from, this.wishes.to, notesOfLast(view), model.records, model.record, this.wishes.recordState, this.wishes.recordTrouble, this.soundShown()], () => explorePanel(model, this.wishes, this.told.limits));
    fill(parts.legend, [Boolean(model.survey), model.records], () => mapLegend(Boolean(model.survey), model.records));
    if (model.survey) this.map.show({ survey: model.survey, slots: view.slots, records: model.records, current: model.record ?? model.current, between: model.between?.place ? model.between : null, names: !model.blind });
    const shown = model.slot(model.current)?.mix;
    const other = model.blind ? null : model.slot(model.compare)?.mix;
    const knows = [shown, other].map((mix) => model.settings.has(mix));
    const switches = [[...model.soloed], [...model.muted], model.selected];
    fill(parts.consoleHead, [shown, other, view.tracks, model.blind, view.slots.map((slot) => slot.name), knows], () => this.consoleHead());
    fill(parts.console, [shown, other, knows, view.locks, view.tracks, switches, Boolean(model.survey), model.isOpen], () => (model.isOpen ? consoleView(model) : null));
    if (model.draft) redrawCurves(model, parts.console);
    if (this.dialogs.history.open) fill(this.dialogs.history.body, view.history, () => historyPanel(model));
    if (this.dialogs.take.open) fill(this.dialogs.take.body, [this.taking.opened, view.slots, view.jobs.filter((job) => job.kind === "export")], () => takeAwayPanel(model, this.taking, this.told.formats, this.told.audio));
    if (this.dialogs.help.open) fill(this.dialogs.help.body, 1, keyHelp);
  }

  /** Whether it is known how the present mix sounds beside the records, if there are any. */
  soundShown() {
    const slot = this.model.slot(this.model.current);
    return this.model.records.length && slot ? this.model.soundOf(slot) : null;
  }

  drawHeader() {
    const { model } = this;
    const { view } = model;
    document.title = `${view.name} · gen_mix`;
    fill(this.header, [view.name, view.history.can_undo, view.history.can_redo, view.notes, model.slots.length > 0], () => [
      button("gen_mix", this.leave, { class: "brand plain", "aria-label": "gen_mix, all sessions", title: "All sessions" }),
      h("h1", { class: "unseen" }, view.name),
      h("input", { type: "text", class: "song", value: view.name, maxlength: 100, "aria-label": "Name of the song", title: "Rename", "data-key": "song",
        onkeydown: (event) => event.key === "Enter" && event.target.blur(),
        onchange: (event) => (event.target.value.trim() ? model.ask("name", { name: event.target.value.trim() }) : (event.target.value = view.name)) }),
      view.notes?.length ? h("details", { class: "notes" }, h("summary", null, `${view.notes.length} ${view.notes.length === 1 ? "note" : "notes"}`), h("ul", null, ...view.notes.map((note) => h("li", null, note)))) : null,
      h("span", { class: "gap" }),
      button("↶", () => model.travel("undo"), { class: "plain", disabled: !view.history.can_undo, "aria-label": "Undo", title: "Undo (Ctrl+Z)", "data-key": "undo" }),
      button("↷", () => model.travel("redo"), { class: "plain", disabled: !view.history.can_redo, "aria-label": "Redo", title: "Redo (Ctrl+Shift+Z)", "data-key": "redo" }),
      button("History", () => this.show("history"), { "data-key": "history" }),
      model.slots.length ? button("Take away", () => this.show("take"), { class: "primary", "data-key": "take" }) : null,
      themeButton(),
      button("?", () => this.show("help"), { class: "plain", "aria-label": "Keys", title: "Keys" }),
    ]);
  }

  drawProgress() {
    const { model } = this;
    const running = model.view.jobs.filter((job) => job.status === "running" || job.status === "waiting");
    const failed = model.view.jobs.filter((job) => job.status === "failed").slice(-1).filter((job) => !this.dismissed?.has(job.id));
    fill(this.parts.progress, [running, failed, model.trouble], () => [
      model.trouble ? h("p", { class: "wrong", role: "alert" }, model.trouble) : null,
      ...running.map((job) => h("div", { class: "job" },
        h("progress", { max: 1, value: job.done, "aria-label": job.label }),
        h("span", null, `${job.label}${job.seconds_left === null ? "" : ` · ${Math.max(1, Math.round(job.seconds_left))} s left`}`),
        button("Cancel", () => remove(`jobs/${job.id}`).catch((error) => announce(error.message)), { class: "small", "data-key": `cancel-${job.id}` }))),
      ...failed.map((job) => h("p", { class: "wrong", role: "alert" }, `${job.label}: ${job.error} `,
        button("✕", () => { (this.dismissed ??= new Set()).add(job.id); this.draw(); }, { class: "small", "aria-label": "Dismiss" }))),
    ]);
  }

  transport() {
    const { model } = this;
    return [
      button(model.player.isPlaying ? "Pause" : "Play", () => model.togglePlay(), { class: "primary play", disabled: !model.slots.length, title: "Space", "data-key": "play" }),
      toggle("Loop", model.loop !== null || model.player.loop.on, () => this.toggleLoop(), { title: "Loop (L); drag across the waveform to choose what", "data-key": "loop" }),
      toggle("Equal loudness", model.matched, () => model.setMatched(!model.matched), { title: "All mixes equally loud (E)", "data-key": "match" }),
      toggle("Blind", model.blind !== null, () => model.setBlind(!model.blind), { title: "Shuffled, without names (B)", "data-key": "blind" }),
    ];
  }

  toggleLoop() {
    const { player } = this.model;
    this.model.loop = player.loop.on ? null : [0, Infinity];
    player.setLoop(!player.loop.on);
    this.draw();
  }

  consoleHead() {
    const { model } = this;
    const slot = model.slot(model.current);
    const others = model.slots.filter((other) => other.id !== model.current);
    const name = model.blind ? `Mix ${letter(model.blind.indexOf(model.current))}` : slot?.name;
    const count = countDifferences(model);
    return [
      h("h2", null, "Console", slot ? h("span", { class: "soft" }, ` ${name}`) : null),
      others.length && !model.blind ? h("label", { class: "compare" }, h("span", { class: "soft" }, `${count} settings differ from`),
        h("select", { "aria-label": "Compare with", "data-key": "compare", onchange: (event) => { model.compare = event.target.value; model.changed(); } },
          ...others.map((other) => h("option", { value: other.id, selected: other.id === model.compare }, other.name)))) : null,
      namesToBelieve(model),
      h("span", { class: "gap" }),
      h("span", { class: "soft legend" }, h("b", null, "L P T D S"), " lock level, place, tone, dynamics, space", h("i", { class: "swatch band" }), "where most samples are", h("i", { class: "swatch ghost" }), "the other mix"),
    ];
  }

  tick() {
    const { model } = this;
    if (!model.view) return;
    if (model.slots.length) this.remember();
    const at = model.player.position();
    const slot = model.slot(model.current);
    const voice = model.player.voices.get(model.player.current ?? slot?.id);
    const { loop } = model.player;
    const isLooped = loop.on && loop.end !== Infinity && !voice?.goesRound;
    this.wave.show(voice?.buffer ?? null, isLooped ? [loop.start, loop.end] : null, voice?.goesRound ? at % voice.buffer.duration : at);
    const text = `${clock(at)} / ${clock(model.player.seconds)}`;
    if (this.clock.textContent !== text) this.clock.textContent = text;
  }

  async loadOverview() {
    this.overview = [];
    this.overview = (await get(this.model.path("overview"))).levels;
  }
}
