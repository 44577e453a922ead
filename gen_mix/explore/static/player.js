// All mixes run on one clock; one is heard. A switch is a fade of 15 ms between two sounds that never stopped.

export const FADE_SECONDS = 0.015;
export const LEAD_SECONDS = 0.008; // what begins at once begins in what is rendered already, with a click
const SOON_SECONDS = 0.02;

const fades = new WeakMap();

/** Return where a fade is at a time; the browser's own answer may be some milliseconds old. */
function valueAt(parameter, time) {
  const fade = fades.get(parameter);
  if (!fade) return parameter.value;
  const share = Math.min(1, Math.max(0, (time - fade.start) / FADE_SECONDS));
  return fade.from + share * (fade.to - fade.from);
}

function fadeTo(parameter, to, start, from = valueAt(parameter, start)) {
  parameter.cancelScheduledValues(start);
  parameter.setValueAtTime(from, start);
  parameter.linearRampToValueAtTime(to, start + FADE_SECONDS);
  fades.set(parameter, { from, to, start });
}

export class Player {
  /** Play into `destination` of `context`, which may be an OfflineAudioContext. */
  constructor(context, destination = context.destination) {
    this.context = context;
    this.output = context.createGain();
    this.output.connect(destination);
    this.voices = new Map();
    this.current = null;
    this.isPlaying = false;
    this.offset = 0;
    this.anchor = 0;
    this.loop = { on: true, start: 0, end: Infinity };
  }

  /** The next moment in which something can begin. */
  get now() {
    return this.context.currentTime + LEAD_SECONDS;
  }

  get seconds() {
    return Math.max(0, ...[...this.voices.values()].filter((voice) => !voice.goesRound).map((voice) => voice.buffer.duration));
  }

  /** The place in the song that is heard now. */
  position(time = this.context.currentTime) {
    if (!this.isPlaying) return this.offset;
    const place = this.offset + Math.max(0, time - this.anchor);
    const { start, end } = this.bounds();
    if (!this.loop.on || place < end) return Math.min(place, this.seconds);
    return start + ((place - start) % (end - start));
  }

  bounds() {
    const end = Math.min(this.loop.end, this.seconds);
    return { start: Math.min(this.loop.start, Math.max(0, end - 0.1)), end };
  }

  /** Put the sound of a mix in, or in the place of its old one, without a gap; what is not of the song goes round. */
  setMix(key, buffer, gain = 1, goesRound = false) {
    let voice = this.voices.get(key);
    if (voice?.buffer === buffer) return this.setGain(key, gain);
    if (!voice) {
      voice = { gain: this.context.createGain(), level: gain, source: null, goesRound };
      voice.gain.gain.value = key === this.current ? gain : 0;
      voice.gain.connect(this.output);
      this.voices.set(key, voice);
    }
    const before = voice.source;
    voice.buffer = buffer;
    voice.source = null;
    this.setGain(key, gain);
    if (!this.isPlaying) return;
    const when = this.context.currentTime + SOON_SECONDS;
    this.startVoice(voice, when, this.position(when));
    if (before) this.stopSource(before, when);
  }

  /** Take a mix out. */
  removeMix(key) {
    const voice = this.voices.get(key);
    if (!voice) return;
    if (voice.source) this.stopSource(voice.source, this.now);
    this.voices.delete(key);
    setTimeout(() => voice.gain.disconnect(), 200);
    if (this.current === key) this.current = null;
  }

  /** Say how loud a mix is when it is heard. */
  setGain(key, gain) {
    const voice = this.voices.get(key);
    if (!voice || voice.level === gain) return;
    voice.level = gain;
    if (key === this.current) fadeTo(voice.gain.gain, gain, this.now);
  }

  /** Hear another mix. */
  choose(key) {
    if (key === this.current || !this.voices.has(key)) return;
    const { now } = this;
    const old = this.voices.get(this.current);
    if (old) fadeTo(old.gain.gain, 0, now);
    const voice = this.voices.get(key);
    fadeTo(voice.gain.gain, voice.level, now);
    this.current = key;
  }

  play() {
    if (this.isPlaying || !this.voices.size) return;
    const { start, end } = this.bounds();
    if (this.offset >= end - 0.01 || (this.loop.on && this.offset < start)) this.offset = start;
    this.anchor = this.context.currentTime + SOON_SECONDS;
    this.isPlaying = true;
    for (const voice of this.voices.values()) this.startVoice(voice, this.anchor, this.offset);
  }

  pause() {
    if (!this.isPlaying) return;
    const { now } = this;
    this.offset = this.position(now);
    this.isPlaying = false;
    for (const voice of this.voices.values()) {
      if (voice.source) this.stopSource(voice.source, now);
      voice.source = null;
    }
  }

  /** Go to a place in the song, in seconds. */
  seek(seconds) {
    const wasPlaying = this.isPlaying;
    this.pause();
    this.offset = Math.min(Math.max(0, seconds), this.seconds);
    if (wasPlaying) this.play();
  }

  /** Repeat from `start` to `end`, or do not. */
  setLoop(on, start = 0, end = Infinity) {
    const place = this.position();
    this.loop = { on, start, end };
    if (this.isPlaying) this.seek(place);
  }

  startVoice(voice, when, offset) {
    const node = this.context.createBufferSource();
    const edge = this.context.createGain();
    const { start, end } = voice.goesRound ? { start: 0, end: voice.buffer.duration } : this.bounds();
    node.buffer = voice.buffer;
    Object.assign(node, { loop: this.loop.on || voice.goesRound, loopStart: start, loopEnd: end });
    edge.gain.value = 0;
    fadeTo(edge.gain, 1, when, 0);
    node.connect(edge).connect(voice.gain);
    node.start(when, voice.goesRound ? offset % end : offset);
    voice.source = { node, edge };
    node.addEventListener("ended", () => {
      edge.disconnect();
      if (voice.source?.node === node && this.isPlaying && !this.loop.on) this.finish();
    });
  }

  finish() {
    this.isPlaying = false;
    this.offset = 0;
    for (const voice of this.voices.values()) {
      if (voice.goesRound && voice.source) this.stopSource(voice.source, this.now);
      voice.source = null;
    }
    this.onend?.();
  }

  stopSource(source, when) {
    fadeTo(source.edge.gain, 0, when);
    source.node.stop(when + FADE_SECONDS + 0.005);
  }
}
