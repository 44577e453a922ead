// The first page: drop recordings here, or go on with what one began.

import { get, megabytes, post, remove, send } from "./api.js";
import { announce, button, h } from "./dom.js";

const SOUND = /\.(wav|flac|aiff?|ogg|mp3)$/i;
const NEVER = /^(mix|reference)\.[^.]+$/i;
const ROUGH = /^mix\.[^.]+$/i;
const AT_ONCE = 2; // as many as the server decodes side by side
const RECORD = /^reference\.[^.]+$/i;

/** Show the first page in `main`; `onopen(id)` leaves it. */
export async function startPage(main, welcome, onopen) {
  const list = h("ul", { class: "files", "aria-label": "Tracks" });
  const input = h("input", { type: "file", multiple: true, accept: "audio/*,.wav,.flac,.aif,.aiff,.ogg,.mp3", id: "files", class: "hidden-input", onchange: () => take([...input.files]) });
  const zone = h(
    "div",
    { class: "zone" },
    h("h1", null, "Drop the tracks of a song"),
    h("p", { class: "soft" }, `One audio file per track, or their folder: wav, flac, aiff, ogg or mp3, each up to ${megabytes(welcome.limits.file_bytes)}. `, "A file called mix is your own rough mix, one called reference a record to sound like. All of it stays on this machine."),
    h("label", { class: "button primary", for: "files" }, "Choose files"),
    input,
    welcome.has_example ? button("Try the example song", () => post("example").then(({ id }) => onopen(id)).catch(fail), { "data-key": "example" }) : null,
    list,
  );
  const take = (files) => bringIn(files, list, welcome.limits, onopen).catch(fail);
  for (const kind of ["dragenter", "dragover"]) {
    main.addEventListener(kind, (event) => {
      event.preventDefault();
      zone.classList.add("over");
    });
  }
  for (const kind of ["dragleave", "drop"]) main.addEventListener(kind, () => zone.classList.remove("over"));
  main.addEventListener("drop", async (event) => {
    event.preventDefault();
    take(await filesOf(event.dataTransfer));
  });
  main.replaceChildren(zone, earlier(welcome.sessions, onopen));
}

const fail = (error) => announce(error.message);

function earlier(sessions, onopen) {
  if (!sessions.length) return "";
  return h(
    "section",
    { class: "earlier" },
    h("h2", null, "Go on with"),
    h("ul", null, ...sessions.map((session) => {
      const line = h("li", null,
        button([h("b", null, session.name), h("span", { class: "soft" }, ` ${[`${session.mixes} ${session.mixes === 1 ? "mix" : "mixes"}`, ...session.tracks].join(", ")}`)], () => onopen(session.id), { class: "session" }),
        button("Delete", async (event) => {
          if (event.target.dataset.sure) {
            await remove(`sessions/${session.id}`).catch(fail);
            line.remove();
          } else {
            event.target.dataset.sure = "yes";
            event.target.textContent = "Really delete?";
          }
        }, { class: "small", "aria-label": `Delete ${session.name}` }));
      return line;
    })),
  );
}

/** Return the files that were dropped, those inside folders too. */
async function filesOf(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files];
  const found = await Promise.all(entries.map((entry) => walk(entry, 0)));
  const songName = entries.length === 1 && entries[0].isDirectory ? entries[0].name : null;
  return Object.assign(found.flat(), { songName });
}

async function walk(entry, depth) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  if (depth > 3) return [];
  const reader = entry.createReader();
  const all = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    all.push(...some);
  }
  return (await Promise.all(all.map((inner) => walk(inner, depth + 1)))).flat();
}

/** Send files, two at a time; open the session when all that can be used are there. */
async function bringIn(files, list, limits, onopen) {
  const tracks = files.filter((file) => SOUND.test(file.name) && !NEVER.test(file.name) && !file.name.startsWith("."));
  if (!tracks.length) throw new Error(`Expected audio files, got ${files.length ? files[0].name : "none"}.`);
  if (tracks.length > limits.tracks) throw new Error(`Expected at most ${limits.tracks} tracks, got ${tracks.length}.`);
  tracks.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  const { id } = await post("sessions", { name: files.songName ?? commonName(tracks) });
  list.replaceChildren();
  const lines = tracks.map((file) => ({ file, state: h("span", { class: "soft" }, "waits") }));
  list.append(...lines.map(({ file, state }) => h("li", null, h("span", null, file.name), state)));
  let sent = 0;
  let taken = 0;
  const lane = async () => {
    while (sent < lines.length) {
      sent += 1;
      const place = sent;
      const { file, state } = lines[place - 1];
      state.textContent = "is read …";
      try {
        const track = await send(`sessions/${id}/files?place=${place}&name=${encodeURIComponent(file.name)}`, file, limits.file_bytes);
        state.textContent = `${track.seconds.toFixed(1)} s ${track.channels === 2 ? "stereo" : "mono"}`;
        taken += 1;
      } catch (error) {
        state.textContent = error.message;
        state.className = "wrong";
      }
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  for (const [pattern, kind, words] of [[ROUGH, "rough", "your rough mix"], [RECORD, "record", "a record to sound like"]]) {
    const file = files.find((one) => pattern.test(one.name) && SOUND.test(one.name));
    if (!file || !taken) continue;
    const state = h("span", { class: "soft" }, words);
    list.append(h("li", null, h("span", null, file.name), state));
    await send(`sessions/${id}/files?as=${kind}&name=${encodeURIComponent(file.name)}`, file, limits.file_bytes).catch((error) => {
      state.textContent = error.message;
      state.className = "wrong";
    });
  }
  if (!taken) {
    await remove(`sessions/${id}`);
    throw new Error("None of these files could be used.");
  }
  if (list.querySelector(".wrong")) list.append(h("li", null, button("Go on without those", () => onopen(id), { class: "primary" })));
  else onopen(id);
}

/** Return what all files begin with, up to a separator, or the day and how many they are. */
function commonName(files) {
  const names = files.map((file) => file.name);
  let length = 0;
  while (names.length > 1 && length < names[0].length && names.every((name) => name[length] === names[0][length])) length += 1;
  const [common] = names[0].slice(0, length).match(/^.*[A-Za-z]{2}.*(?=[\s._-])/) ?? [""];
  if (common.length > 3) return common.replaceAll("_", " ").replace(/[\s.-]+$/, "");
  const today = new Date().toLocaleDateString(undefined, { day: "numeric", month: "long" });
  return `Song of ${today} - ${files.length} ${files.length === 1 ? "track" : "tracks"}`;
}

/** Return what the first page shows, from the server. */
export const welcome = () => get("hello");
