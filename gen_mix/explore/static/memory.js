// Where one was in a session, kept by the browser: what a person typed and chose that is no part of the session itself.

const key = (id) => `gen-mix session ${id}`;
const written = new Map();

/** Return what was kept of a session: `wishes`, `current`, `selected`, `matched`, `way`; nothing the first time. */
export function remembered(id) {
  try {
    const told = JSON.parse(localStorage.getItem(key(id)));
    return told && typeof told === "object" ? told : {};
  } catch {
    return {};
  }
}

/** Keep `told` of a session, if it is another than before. */
export function remember(id, told) {
  const text = JSON.stringify(told);
  if (written.get(id) === text) return;
  written.set(id, text);
  try {
    localStorage.setItem(key(id), text);
  } catch {
    // A browser that keeps nothing only forgets what was typed.
  }
}
