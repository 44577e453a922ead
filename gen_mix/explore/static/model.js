// What the page knows of the opened session, and everything one can do to it.

import { get, post, remove, sound } from "./api.js";
import { announce } from "./dom.js";
import { Player } from "./player.js";

const MOST_SOUNDS = 40;
const VIRTUAL = "between";

export class Model {
  /** @param {Function} changed - Called whenever there is something else to show. */
  constructor(id, changed) {
    Object.assign(this, { id, changed, view: null, survey: null, current: null, compare: null, draft: null, between: null });
    Object.assign(this, { matched: true, blind: null, muted: new Set(), soloed: new Set(), selected: "track.0", loop: null, way: "latent" });
    this.settings = new Map();
    this.sounds = new Map();
    this.loading = new Map();
    this.measured = new Map();
    this.record = null; // which record is heard instead of a mix
    this.asked = new Map(); // what was said of records and is not in the view yet
    this.isClosed = false;
    this.context = new AudioContext({ latencyHint: "interactive" });
    this.analyser = this.context.createAnalyser();
    this.analyser.connect(this.context.destination);
    this.player = new Player(this.context, this.analyser);
    this.player.onend = () => this.changed();
    this.busy = false;
    this.turn = Promise.resolve();
  }

  path(rest) {
    return `sessions/${this.id}${rest ? `/${rest}` : ""}`;
  }

  /** Follow the session on the server until the page turns to another. */
  async follow() {
    let version = null;
    while (!this.isClosed) {
      try {
        const view = await get(this.path() + (version === null ? "" : `?after=${version}`));
        if (this.isClosed) return;
        version = view.version;
        await this.take(view);
        this.trouble = null;
      } catch (error) {
        this.trouble = error.message;
        this.changed();
        if (error.status === 403 || error.status === 404) return;
        await new Promise((resolve) => setTimeout(resolve, 1500));
      }
    }
  }

  close() {
    this.isClosed = true;
    this.player.pause();
    this.context.close();
  }

  async take(view) {
    const excerptMoved = this.view?.excerpt && view.excerpt && this.view.excerpt.start !== view.excerpt.start;
    if (excerptMoved) this.sounds.clear();
    this.view = view;
    this.settle();
    this.settleRecords();
    if (view.has_map && !this.survey) this.survey = await get(this.path("survey"));
    await Promise.all(view.slots.map((slot) => this.settingsOf(slot.mix)));
    const ids = view.slots.map((slot) => slot.id);
    if (!view.records.some((record) => record.id === this.record)) this.record = null;
    for (const key of [...this.player.voices.keys()]) {
      if (key !== VIRTUAL && !ids.includes(key) && !view.records.some((record) => voiceOf(record.id) === key)) this.player.removeMix(key);
    }
    if (!ids.includes(this.current)) this.current = ids[0] ?? null;
    if (!ids.includes(this.compare) || this.compare === this.current) this.compare = ids.find((id) => id !== this.current) ?? null;
    this.arrive();
    this.changed();
    this.hear();
  }

  /** Go to the mix that was just kept, once it is there. */
  arrive() {
    const slot = this.arriving && this.slots.find(({ mix }) => mix === this.arriving);
    if (slot) this.choose(slot.id);
  }

  // What there is

  get slots() {
    return this.view?.slots ?? [];
  }

  slot(id) {
    return this.slots.find((slot) => slot.id === id) ?? null;
  }

  get records() {
    return (this.view?.records ?? []).map((record) => ({ ...record, ...this.asked.get(record.id)?.shown }));
  }

  get isOpen() {
    return Boolean(this.view?.tracks);
  }

  /** The order in which mixes are shown: shuffled and nameless in blind mode. */
  get shown() {
    return this.blind ? this.blind.map((id) => this.slot(id)).filter(Boolean) : this.slots;
  }

  async settingsOf(mix) {
    if (!this.settings.has(mix)) this.settings.set(mix, await get(this.path(`mixes/${mix}`)));
    return this.settings.get(mix);
  }

  /** The settings on the console: those being moved, or those of the present mix. */
  get desk() {
    if (this.draft) return this.draft;
    const slot = this.slot(this.current);
    return slot ? (this.settings.get(slot.mix) ?? null) : null;
  }

  get otherDesk() {
    const slot = this.slot(this.compare);
    return slot && !this.blind ? (this.settings.get(slot.mix) ?? null) : null;
  }

  // What is heard

  get heardTracks() {
    return this.view.tracks.map((_, at) => (this.soloed.size ? this.soloed.has(at) : !this.muted.has(at)));
  }

  soundKey(slot) {
    const heard = this.heardTracks;
    return heard.every(Boolean) ? slot.mix : `${slot.mix}|${heard.map(Number).join("")}`;
  }

  gainOf(slot) {
    return this.matched ? slot.matched_gain : slot.natural_gain;
  }

  /** Load and line up what can be heard: the present mix first, then the others. */
  async hear() {
    if (!this.isOpen) return;
    const order = [...this.slots].sort((a, b) => (b.id === this.current) - (a.id === this.current));
    for (const slot of order) {
      if (!slot.has_audio) continue;
      const buffer = await this.load(slot).catch((error) => this.complain(error));
      if (this.isClosed) return;
      const now = this.slot(slot.id);
      if (buffer && now && this.soundKey(now) === this.soundKey(slot) && !(this.draft && slot.id === this.current)) {
        this.player.setMix(slot.id, buffer, this.gainOf(now));
        if (slot.id === this.current && !this.between && !this.record) this.player.choose(slot.id);
      }
      this.changed();
    }
    for (const record of this.records) await this.loadRecord(record).catch((error) => this.complain(error));
    if (!this.player.current && this.slot(this.current)) this.player.choose(this.current); // what was heard is gone
  }

  /** Load a record; it goes round by itself, beside the clock of the song. */
  async loadRecord(record) {
    const key = record.sounds;
    if (!this.sounds.has(key)) this.keepSound(key, await this.context.decodeAudioData(await sound(this.path(`sections/${key}`))));
    const now = this.records.find((one) => one.sounds === key);
    if (now && !this.isClosed) this.player.setMix(voiceOf(record.id), this.sounds.get(key), this.gainOf(now), true);
  }

  /** How a mix sounds as records do; null until the server has said. */
  soundOf(slot) {
    if (!this.measured.has(slot.mix) && slot.has_audio) {
      this.measured.set(slot.mix, null);
      get(this.path(`mixes/${slot.mix}/sound`)).then((told) => {
        this.measured.set(slot.mix, told.sound);
        this.changed();
      }).catch(() => this.measured.delete(slot.mix));
    }
    return this.measured.get(slot.mix) ?? null;
  }

  load(slot) {
    const key = this.soundKey(slot);
    if (this.sounds.has(key)) return Promise.resolve(this.sounds.get(key));
    if (!this.loading.has(key)) {
      const heard = this.heardTracks;
      const asked = heard.every(Boolean)
        ? sound(this.path(`audio/${slot.mix}`))
        : sound(this.path("preview"), { mix: slot.mix, heard });
      const loaded = asked
        .then((bytes) => this.context.decodeAudioData(bytes))
        .then((buffer) => this.keepSound(key, buffer))
        .finally(() => this.loading.delete(key));
      this.loading.set(key, loaded);
    }
    return this.loading.get(key);
  }

  keepSound(key, buffer) {
    this.sounds.set(key, buffer);
    while (this.sounds.size > MOST_SOUNDS) this.sounds.delete(this.sounds.keys().next().value);
    return buffer;
  }

  async togglePlay() {
    if (this.player.isPlaying) this.player.pause();
    else {
      await this.context.resume();
      this.player.play();
    }
    this.changed();
  }

  /** Hear another mix, from where one is. */
  choose(id) {
    if (!this.slot(id)) return;
    if (id !== this.current) this.compare = this.current;
    this.current = id;
    this.arriving = null;
    this.record = null;
    this.between = null;
    this.draft = null;
    this.player.choose(id);
    this.changed();
    if (!this.player.voices.has(id)) this.hear();
  }

  /** Hear a record, or, if that is heard, the present mix again. */
  async hearRecord(id) {
    const record = this.records.find((one) => one.id === id);
    if (!record) return;
    if (this.record === id) {
      this.choose(this.current);
      return;
    }
    this.record = id;
    this.between = null;
    this.changed();
    await this.loadRecord(record).catch((error) => this.complain(error));
    if (this.record === id) this.player.choose(voiceOf(id));
    this.changed();
  }

  setMatched(on) {
    this.matched = on;
    for (const slot of this.slots) this.player.setGain(slot.id, this.gainOf(slot));
    for (const record of this.records) this.player.setGain(voiceOf(record.id), this.gainOf(record));
    this.changed();
  }

  setBlind(on) {
    this.blind = on ? shuffled(this.slots.map((slot) => slot.id)) : null;
    this.changed();
  }

  setLoop(loop) {
    this.loop = loop;
    this.player.setLoop(loop !== null, ...(loop ?? [0, Infinity]));
    this.changed();
  }

  switchTrack(set, place) {
    if (set.has(place)) set.delete(place);
    else set.add(place);
    this.changed();
    this.hear();
  }

  // What is tried: only the newest is rendered, one at a time

  async tryOut(key, body, install) {
    this.waiting = { key, body, install };
    if (this.busy) return;
    this.busy = true;
    while (this.waiting) {
      const next = this.waiting;
      this.waiting = null;
      try {
        const buffer = await this.context.decodeAudioData(await sound(this.path("preview"), next.body));
        if (!this.isClosed) next.install(buffer);
      } catch (error) {
        if (error.status !== 429) this.complain(error);
      }
    }
    this.busy = false;
    this.changed();
  }

  /** Put other settings on the console and hear them. */
  move(settings) {
    this.draft = settings;
    this.changed();
    const slot = this.slot(this.current);
    this.tryOut(slot.id, { settings, heard: this.heardTracks }, (buffer) => {
      if (this.current !== slot.id || !this.draft) return;
      this.lastTried = { settings, buffer, heard: this.heardTracks.every(Boolean) };
      this.player.setMix(slot.id, buffer, this.gainOf(slot));
    });
  }

  /** Keep what is on the console, in the place of the present mix. */
  async keepMove(label) {
    const settings = this.draft;
    const slot = this.slot(this.current);
    if (!settings || !slot || this.keeping === settings) return;
    this.keeping = settings;
    // One at a time: requests side by side may arrive in another order, and an older move would undo a newer one.
    const turn = this.turn.then(() => this.ask("keep", { settings, slot: slot.id, label }));
    this.turn = turn.catch(() => null);
    const { mix } = await turn;
    this.settings.set(mix, settings);
    if (this.lastTried?.settings === settings && this.lastTried.heard) this.keepSound(mix, this.lastTried.buffer);
    this.kept = { settings, mix }; // what was moved stays on the console until the new mix has come
    this.settle();
  }

  settle() {
    if (!this.kept || !this.slots.some((slot) => slot.mix === this.kept.mix)) return;
    if (this.draft === this.kept.settings) this.draft = null;
    this.kept = null;
    this.changed();
  }

  /** Hear a place between mixes. */
  wander(weights, place) {
    this.between = { weights, place };
    this.record = null;
    this.changed();
    this.tryOut(VIRTUAL, { ...this.spot(), heard: this.heardTracks }, (buffer) => {
      if (!this.between) return;
      this.player.setMix(VIRTUAL, buffer, Math.min(...this.slots.map((slot) => this.gainOf(slot))));
      this.player.choose(VIRTUAL);
    });
  }

  /** The place between mixes, as the server is told. */
  spot() {
    return { between: this.between.weights.map(({ mix, weight }) => [mix.slot.mix, weight]), way: this.way };
  }

  /** Go between mixes another way: "latent" or "straight". */
  setWay(way) {
    this.way = way;
    if (this.between) this.wander(this.between.weights, this.between.place);
    else this.changed();
  }

  async keepBetween() {
    const { weights } = this.between;
    const label = `between ${weights.map(({ mix, weight }) => `${mix.slot.name} ${Math.round(weight * 100)} %`).join(", ")}`;
    const { mix } = await this.ask("keep", { ...this.spot(), label });
    if (!this.busy && this.heardTracks.every(Boolean)) this.keepSound(mix, this.player.voices.get(VIRTUAL).buffer);
    this.arriving = mix;
    this.between = null;
    announce("Kept as a new mix");
    this.arrive();
    this.changed();
  }

  leaveBetween() {
    this.between = null;
    this.player.choose(this.current);
    this.changed();
  }

  // What is asked of the server

  async ask(what, body) {
    try {
      return await post(this.path(what), body);
    } catch (error) {
      this.complain(error);
      throw error;
    }
  }

  complain(error) {
    announce(error.message);
    return null;
  }

  judge(verdict, id = this.current) {
    const slot = this.slot(id);
    if (slot) this.ask(`slots/${slot.id}`, { verdict: slot.verdict === verdict ? "" : verdict });
  }

  rename(id, name) {
    return this.ask(`slots/${id}`, { name });
  }

  /** Say something of a record. It is `shown` at once, and no older news of the server takes it back. */
  async changeRecord(id, change, shown = change) {
    const asked = { shown: { ...this.asked.get(id)?.shown, ...shown }, version: Infinity };
    this.asked.set(id, asked);
    this.changed();
    const turn = this.turn.then(() => this.ask(`records/${id}`, change));
    this.turn = turn.catch(() => null);
    asked.version = await turn.then((answer) => answer.version, () => 0);
    this.settleRecords();
    this.changed();
  }

  settleRecords() {
    for (const [id, { version }] of this.asked) if (version <= this.view.version) this.asked.delete(id);
  }

  removeRecord(id) {
    return remove(this.path(`records/${id}`)).catch((error) => this.complain(error));
  }

  travel(action, more = {}) {
    this.draft = null;
    return this.ask("history", { action, ...more });
  }

  /** Say what a track is; an empty instrument leaves it to the model's ears. */
  tell(place, instrument, leads) {
    return this.ask("told", { track: place, instrument, leads });
  }

  believeNames() {
    return this.ask("told", { names: true });
  }

  setLocks(names, on) {
    const locks = new Set(this.view.locks);
    for (const name of names) {
      if (on) locks.add(name);
      else locks.delete(name);
    }
    return this.ask("locks", { locks: [...locks] });
  }
}

/** What the player calls a record. */
export const voiceOf = (record) => `record ${record}`;

function shuffled(list) {
  const mixed = [...list];
  for (let at = mixed.length - 1; at > 0; at -= 1) {
    const other = Math.floor(Math.random() * (at + 1));
    [mixed[at], mixed[other]] = [mixed[other], mixed[at]];
  }
  return mixed;
}
