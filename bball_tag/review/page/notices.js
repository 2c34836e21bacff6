/* What the page tells: whether everything is saved, what went wrong, what to know of this game. */

import { byId, fill, h } from "./dom.js";
import { countBy } from "./filters.js";

const TIP_MS = 5000;

export class Notices {
  #refusal = null;

  constructor({ caution, notes, by }) {
    for (const text of [caution, ...(notes ?? [])].filter(Boolean)) this.#add(text, "");
    this.by = by;
  }

  #add(text, className) {
    const close = h("button", { type: "button", class: "close", text: "✕", "aria-label": "Dismiss", onclick: () => notice.remove() });
    const notice = h("div", { class: `notice ${className}` }, h("span", { text }), close);
    byId("notices").append(notice);
    return notice;
  }

  /** Say for a few seconds why nothing happened. */
  tip(sentence) {
    const notice = this.#add(sentence, "is-tip");
    setTimeout(() => notice.remove(), TIP_MS);
  }

  /** Show whether edits are saved. What was refused stays until it is dismissed. */
  saving(state, sentence) {
    if (state === "elsewhere") {
      this.tip(sentence);
      return;
    }
    const words = { saved: "Saved", saving: "Saving …", offline: "Not saved", refused: "Not saved" };
    byId("saving").dataset.state = state;
    byId("saving").textContent = words[state];
    if (state === "offline" || state === "refused") {
      if (this.#refusal?.isConnected && this.#refusal.firstChild.textContent === sentence) return;
      this.#refusal?.remove();
      this.#refusal = this.#add(sentence, "is-bad");
    } else if (state === "saved" && this.#refusal?.isConnected) this.#refusal.remove();
  }
}

/** Show how many events are proposed, and how many a person stands for. */
export function showCounts(model) {
  const states = countBy(model.sorted, ({ state }) => state);
  const parts = [
    ["proposed", states.get("proposed") ?? 0],
    ["accepted", (states.get("accepted") ?? 0) + (states.get("changed") ?? 0)],
    ["rejected", states.get("rejected") ?? 0],
  ];
  fill(byId("counts"), ...parts.map(([name, count]) => h("span", {}, h("b", { text: count.toLocaleString("en") }), ` ${name}`)));
}
