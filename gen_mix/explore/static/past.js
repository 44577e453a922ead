// What was done: the tree of moments, and those that have a name.

import { button, h } from "./dom.js";

/** Return the history as a tree, the newest branch first. */
export function historyPanel(model) {
  const { moments, here, names } = model.view.history;
  const name = h("input", { type: "text", maxlength: 60, placeholder: "Name of this moment", "aria-label": "Name of a snapshot", "data-key": "snapshot-name" });
  const keep = () => name.value.trim() && model.travel("name", { name: name.value.trim() }).then(() => { name.value = ""; });
  name.addEventListener("keydown", (event) => event.key === "Enter" && keep());
  return [
    h("div", { class: "row" }, name, button("Snapshot", keep, { "data-key": "snapshot" })),
    Object.keys(names).length ? h("ul", { class: "names" }, ...Object.entries(names).map(([label, moment]) =>
      h("li", null,
        button(label, () => model.travel("go", { moment }), { "data-key": `name-${label}`, "aria-current": moment === here ? "true" : undefined }),
        button("✕", () => model.travel("forget", { name: label }), { class: "small", "aria-label": `Forget snapshot ${label}` })))) : null,
    h("ol", { class: "moments", "aria-label": "History" }, ...rows(moments, here).map(({ moment, depth }) =>
      h("li", { class: `depth-${Math.min(depth, 6)}` },
        button(moment.label, () => model.travel("go", { moment: moment.id }), { "data-key": `moment-${moment.id}`, "aria-current": moment.id === here ? "true" : undefined })))),
  ];
}

/** Return moments in the order of reading: a side branch stands indented before what followed it. */
function rows(moments, here) {
  const children = new Map();
  for (const moment of moments) children.set(moment.parent, [...(children.get(moment.parent) ?? []), moment]);
  const found = [];
  const roots = moments.filter((moment) => !moments.some((other) => other.id === moment.parent));
  const stack = roots.map((moment) => ({ moment, depth: 0 }));
  while (stack.length) {
    const entry = stack.pop();
    found.push(entry);
    const next = children.get(entry.moment.id) ?? [];
    next.forEach((moment, at) => stack.push({ moment, depth: entry.depth + (at < next.length - 1 ? 1 : 0) }));
  }
  return found.reverse();
}
