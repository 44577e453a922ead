// Requests to the server of this page. The token of the launch comes in the fragment of the address, which is never
// sent anywhere, and stays in this tab and origin.

const KEY = "gen-mix-token";

/** Take the token out of the address, if it is there; return what else the fragment says. */
export function takeToken() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  if (fragment.get("token")) localStorage.setItem(KEY, fragment.get("token"));
  fragment.delete("token");
  history.replaceState(null, "", location.pathname + (fragment.size ? `#${fragment}` : ""));
  return fragment;
}

/** An answer that is an error, in the server's words. */
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function request(method, path, body, type, signal) {
  const headers = { authorization: `Bearer ${localStorage.getItem(KEY) ?? ""}` };
  if (type) headers["content-type"] = type;
  let answer;
  try {
    answer = await fetch(`/api/${path}`, { method, headers, body, signal });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Refused(0, "The server does not answer. Is gen-mix explore still running?");
  }
  if (!answer.ok) {
    const told = await answer.json().catch(() => ({}));
    throw new Refused(answer.status, told.error ?? `The server answered ${answer.status}.`);
  }
  return answer;
}

export const get = async (path, signal) => (await request("GET", path, undefined, undefined, signal)).json();
export const post = async (path, body = {}) =>
  (await request("POST", path, JSON.stringify(body), "application/json")).json();
export const remove = async (path) => (await request("DELETE", path)).json();
export const sound = async (path, body) =>
  (await (body ? request("POST", path, JSON.stringify(body), "application/json") : request("GET", path))).arrayBuffer();

/** Return a number of bytes in words. */
export const megabytes = (bytes) => `${(bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0)} MB`;

/** Send a file, unless it is larger than `most` bytes: the server would hang up in the middle of it. */
export async function send(path, file, most) {
  if (file.size > most) throw new Refused(413, `Expected a file of at most ${megabytes(most)}, got ${megabytes(file.size)}.`);
  return (await request("POST", path, file, "application/octet-stream")).json();
}
