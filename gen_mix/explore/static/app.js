// The page: which part of it is shown, the keyboard, and what is drawn when something changed.

import { takeToken } from "./api.js";
import { h } from "./dom.js";
import { describe } from "./knobs.js";
import { startPage, welcome } from "./start.js";
import { Studio } from "./studio.js";
import { themeButton, useTheme } from "./theme.js";

const main = document.getElementById("main");
const header = document.getElementById("header");
let studio = null;
let told = null;

/** Show a session. */
function open(id) {
  studio?.close();
  history.replaceState(null, "", `${location.pathname}#session=${id}`);
  header.replaceChildren();
  main.replaceChildren();
  studio = new Studio(id, header, main, told, start);
  globalThis.genMix = studio.model; // for those who look behind the page, and for its tests
}

/** Show the first page. */
async function start() {
  studio?.close();
  studio = null;
  history.replaceState(null, "", location.pathname);
  header.replaceChildren(h("p", { class: "brand" }, "gen_mix"), themeButton());
  try {
    told = await welcome();
    describe(told.console);
    await startPage(main, told, open);
  } catch (error) {
    main.replaceChildren(h("div", { class: "zone" }, h("h1", null, "This page is closed"), h("p", { class: "soft" }, error.message)));
  }
}

addEventListener("unhandledrejection", (event) => {
  if (!event.reason?.status && event.reason?.name !== "AbortError") return;
  event.preventDefault(); // the server said no, and that was shown
});

addEventListener("hashchange", () => location.reload()); // the address of a new launch in an old tab
useTheme();
const fragment = takeToken();
await start();
if (told && fragment.get("session")) open(fragment.get("session"));
