// Light and dark: as the system says, until somebody says otherwise.

import { button } from "./dom.js";

const KEY = "gen-mix-theme";

/** Use what was chosen before. */
export function useTheme() {
  const chosen = localStorage.getItem(KEY);
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}

/** Return the button that turns light to dark and back. */
export function themeButton() {
  const turn = () => {
    const isDark = getComputedStyle(document.documentElement).getPropertyValue("--is-dark").trim() === "1";
    document.documentElement.dataset.theme = isDark ? "light" : "dark";
    localStorage.setItem(KEY, document.documentElement.dataset.theme);
  };
  return button("◐", turn, { class: "plain", "aria-label": "Light or dark", title: "Light or dark", "data-key": "theme" });
}
