"use strict";
// The test in the page. Answers are kept in the browser until they are downloaded; nothing is sent anywhere.
const test = JSON.parse(document.getElementById("test").textContent);
const main = document.getElementById("main");
const STORE = `gen_mix listening test ${test.name}`;
const FADE_MS = 15;
const COLUMNS = ["listener", "name", "experience", "playback", "page", "song", "stimulus", "number", "question", "value", "moves", "seconds", "comment"];
let state = load() || { listener: null, page: -1, answers: [] };

function load() {
  try {
    return JSON.parse(localStorage.getItem(STORE));
  } catch {
    return null;
  }
}

function save() {
  try {
    localStorage.setItem(STORE, JSON.stringify(state));
  } catch {
    // A browser that keeps nothing still runs the test in one go.
  }
}

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

function show(...children) {
  main.replaceChildren(...children);
  window.scrollTo(0, 0);
  main.focus();
}

class Player {
  // All mixes run on one clock; one is heard. A short fade keeps a switch from clicking.
  constructor(tokens, onChange) {
    this.sounds = tokens.map((token) => make("audio", { src: `stimuli/${token}.wav`, preload: "auto", loop: true }));
    this.current = 0;
    this.onChange = onChange;
    this.sounds[0].addEventListener("timeupdate", () => this.align());
  }
  get isPlaying() { return !this.sounds[0].paused; }
  get duration() { return this.sounds[0].duration || 0; }
  get time() { return this.sounds[this.current].currentTime; }
  set time(seconds) { for (const sound of this.sounds) sound.currentTime = seconds; }
  align() {
    const now = this.sounds[this.current].currentTime;
    for (const sound of this.sounds) if (Math.abs(sound.currentTime - now) > 0.05 && now > 0.1) sound.currentTime = now;
    this.onChange();
  }
  fade(sound, target) {
    const start = sound.volume, began = performance.now();
    const step = (now) => {
      const share = Math.max(0, Math.min(1, (now - began) / FADE_MS)); // a frame may be older than its request
      sound.volume = start + (target - start) * share;
      if (share < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }
  async play(number) {
    if (number !== this.current) {
      this.sounds[number].currentTime = this.sounds[this.current].currentTime;
      this.fade(this.sounds[this.current], 0);
      this.current = number;
      this.fade(this.sounds[number], 1);
    }
    if (!this.isPlaying) {
      const now = this.time;
      this.sounds.forEach((sound, place) => { sound.currentTime = now; sound.volume = place === this.current ? 1 : 0; });
      await Promise.all(this.sounds.map((sound) => sound.play().catch(() => null)));
    }
    this.onChange();
  }
  pause() {
    for (const sound of this.sounds) sound.pause();
    this.onChange();
  }
}

function welcome() {
  const name = make("input", { type: "text", id: "name", required: true, autocomplete: "off" });
  const listener = make("select", { id: "listener" }, ...test.plan.map((_, place) => make("option", { value: place }, String(place + 1))));
  const experience = make("select", { id: "experience" }, ...["none", "some", "I mix regularly", "I mix for a living"].map((text) => make("option", {}, text)));
  const playback = make("select", { id: "playback" }, ...["headphones", "loudspeakers"].map((text) => make("option", {}, text)));
  const start = make("form", { onsubmit: (event) => {
    event.preventDefault();
    state = { listener: Number(listener.value), name: name.value.trim(), experience: experience.value, playback: playback.value, page: 0, answers: [] };
    save();
    page();
  } },
    make("label", { for: "name" }, "Your code or name"), name,
    make("label", { for: "listener" }, "Your number, as you were told"), listener,
    make("label", { for: "experience" }, "Experience with mixing"), experience,
    make("label", { for: "playback" }, "You listen with"), playback,
    make("div", { class: "foot" }, make("button", { class: "main", type: "submit" }, "Start")));
  show(make("h1", {}, test.name),
    make("p", {}, `${test.plan[0].length === 1 ? "One page with" : `${test.plan[0].length} pages, each with`} several mixes of one song, all equally loud. Place them where you think they belong. There is no right answer, and no mix is a reference.`),
    make("p", {}, "Set a comfortable level on the first page and leave it there. Take breaks; your answers are kept in this browser."), start);
}

function scattered(count) {
  // In no order, and none hidden behind another.
  const places = [...Array(count).keys()].map((place) => 8 + (84 * (place + 0.2 + 0.6 * Math.random())) / count);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor((last + 1) * Math.random());
    [places[last], places[other]] = [places[other], places[last]];
  }
  return places;
}

function page() {
  const pages = test.plan[state.listener];
  if (state.page >= pages.length) return finish();
  const { song, stimuli } = pages[state.page];
  const began = Date.now();
  const heard = stimuli.map(() => false);
  const marks = test.questions.map(() => scattered(stimuli.length).map((value) => ({ value, moves: 0 })));
  const markers = [];
  const toggle = make("button", { type: "button", onclick: () => (player.isPlaying ? player.pause() : listen(player.current)) }, "Play");
  const seek = make("input", { type: "range", min: 0, max: 1000, value: 0, "aria-label": "Position in the song" });
  const clock = make("span", { class: "clock" }, "0:00");
  const next = make("button", { class: "main", type: "button", disabled: true }, state.page + 1 < pages.length ? "Next song" : "Finish");
  const hint = make("span", { class: "clock", role: "status" });
  const player = new Player(stimuli, refresh);
  seek.addEventListener("input", () => { player.time = (seek.value / 1000) * player.duration; });

  function refresh() {
    toggle.textContent = player.isPlaying ? "Pause" : "Play";
    if (document.activeElement !== seek && player.duration) seek.value = String(Math.round((1000 * player.time) / player.duration));
    const seconds = Math.floor(player.time);
    clock.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    markers.forEach((row) => row.forEach((marker, place) => marker.classList.toggle("playing", player.isPlaying && place === player.current)));
    const unheard = heard.filter((done) => !done).length;
    const unmoved = marks.flat().filter((mark) => mark.moves === 0).length;
    next.disabled = unheard + unmoved > 0;
    hint.textContent = next.disabled ? `${unheard} not heard, ${unmoved} not placed yet` : "";
  }
  function listen(place) {
    heard[place] = true;
    player.play(place);
  }
  function put(question, place, value) {
    const mark = marks[question][place], marker = markers[question][place];
    mark.value = Math.max(0, Math.min(100, value));
    mark.moves += 1;
    marker.classList.add("moved");
    stand(marker, mark.value);
    refresh();
  }
  function stand(marker, value) {
    marker.style.left = `${value}%`;
    marker.setAttribute("aria-valuenow", String(Math.round(value)));
  }
  function axis(question, number) {
    const rail = make("div", { class: "axis", role: "group", "aria-label": question.text });
    markers.push(stimuli.map((_, place) => {
      const marker = make("div", { class: "marker", role: "slider", tabindex: 0, "aria-valuemin": 0, "aria-valuemax": 100, "aria-label": `Mix ${place + 1}: ${question.text}` }, String(place + 1));
      marker.addEventListener("keydown", (event) => {
        const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10, Home: -100, End: 100 }[event.key];
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); event.stopPropagation(); listen(place); }
        else if (step) { event.preventDefault(); put(number, place, marks[number][place].value + step); }
      });
      marker.addEventListener("pointerdown", (event) => {
        event.preventDefault();
        marker.focus();
        marker.setPointerCapture(event.pointerId);
        listen(place);
        const box = rail.getBoundingClientRect(), grip = event.clientX - box.left - (marks[number][place].value / 100) * box.width;
        const move = (moved) => {
          const value = (100 * (moved.clientX - box.left - grip)) / box.width;
          if (Math.abs(moved.clientX - event.clientX) > 2) put(number, place, Math.round(10 * value) / 10);
        };
        marker.addEventListener("pointermove", move);
        marker.addEventListener("pointerup", () => marker.removeEventListener("pointermove", move), { once: true });
      });
      stand(marker, marks[number][place].value);
      return marker;
    }));
    rail.append(...markers[number]);
    return [make("h2", {}, question.text), rail, make("div", { class: "ends" }, make("span", {}, question.low), make("span", {}, question.high))];
  }
  const axes = test.questions.flatMap(axis);
  const accepts = stimuli.map((_, place) => make("input", { type: "checkbox", id: `accept${place}` }));
  const different = make("input", { type: "range", class: "range", min: 0, max: 100, value: 50, "aria-label": test.different });
  const comment = make("textarea", { id: "comment" });
  next.addEventListener("click", () => {
    player.pause();
    const seconds = Math.round((Date.now() - began) / 1000);
    const row = (stimulus, number, question, value, moves) => ({ page: state.page + 1, song, stimulus, number, question, value, moves, seconds, comment: comment.value });
    test.questions.forEach((question, number) => stimuli.forEach((token, place) => {
      state.answers.push(row(token, place + 1, question.text, marks[number][place].value, marks[number][place].moves));
    }));
    stimuli.forEach((token, place) => state.answers.push(row(token, place + 1, "accept", Number(accepts[place].checked), 0)));
    state.answers.push(row("", "", "different", Number(different.value), 0));
    state.page += 1;
    save();
    page();
  });
  keys = (event) => {
    if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) || event.ctrlKey || event.metaKey || event.altKey) return;
    const number = Number(event.key);
    if (number >= 1 && number <= stimuli.length) listen(number - 1);
    else if (event.key === " " && event.target.tagName !== "BUTTON") { event.preventDefault(); if (player.isPlaying) player.pause(); else listen(player.current); }
  };
  show(make("div", { class: "progress" }, make("div", { style: `width: ${(100 * state.page) / pages.length}%` })),
    make("h1", {}, `Song ${state.page + 1} of ${pages.length}`),
    make("p", {}, "Click a number to hear that mix and drag it to its place; or use the keys 1 to 9, space, Tab and the arrows. Every mix must be heard and placed."),
    make("div", { class: "transport" }, toggle, seek, clock), ...axes,
    make("h2", {}, test.accept),
    make("fieldset", { class: "choices", "aria-label": test.accept }, ...accepts.map((box, place) => make("label", { for: box.id }, box, `Mix ${place + 1}`))),
    make("h2", {}, test.different), different,
    make("div", { class: "ends" }, make("span", {}, "not at all"), make("span", {}, "very")),
    make("h2", {}, make("label", { for: "comment", style: "margin:0" }, "Comments")), comment,
    make("div", { class: "foot" }, next, hint));
  refresh();
}

let keys = () => null;
document.addEventListener("keydown", (event) => keys(event));

function table() {
  const quoted = (value) => {
    const text = String(value ?? "");
    const harmless = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
    return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
  };
  const listener = { listener: state.listener + 1, name: state.name, experience: state.experience, playback: state.playback };
  const rows = state.answers.map((answer) => COLUMNS.map((column) => quoted({ ...answer, ...listener }[column])).join(","));
  return [COLUMNS.join(","), ...rows].join("\n") + "\n";
}

function download(kind, text) {
  const link = make("a", { href: URL.createObjectURL(new Blob([text], { type: kind })), download: `listener_${state.listener + 1}.${kind.split("/")[1]}` });
  link.click();
  URL.revokeObjectURL(link.href);
}

function finish() {
  keys = () => null;
  show(make("h1", {}, "Thank you"),
    make("p", {}, "Save your answers and hand the file in."),
    make("div", { class: "foot" },
      make("button", { class: "main", type: "button", onclick: () => download("text/csv", table()) }, "Save answers (CSV)"),
      make("button", { type: "button", onclick: () => download("application/json", JSON.stringify(state, null, 1)) }, "Save as JSON"),
      make("button", { type: "button", onclick: () => { if (confirm("Forget these answers?")) { localStorage.removeItem(STORE); state = { listener: null, page: -1, answers: [] }; welcome(); } } }, "Next listener")));
}

if (state.listener === null) welcome();
else page();
