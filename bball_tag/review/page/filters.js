/* The filter: by label, state, player, team and confidence. */

import { byId, choices, fill, h } from "./dom.js";
import { counted, percent } from "./format.js";
import { openFilter, STATES } from "./model.js";

export class Filters {
  #model;
  #editor;
  #confirm;

  /** `confirm(sentence, button)` promises whether the person agrees. */
  constructor(model, editor, confirm) {
    this.#model = model;
    this.#editor = editor;
    this.#confirm = confirm;
    model.on("events", () => this.#make());
    model.on("shown", () => this.#mark());
    this.#make();
  }

  #make() {
    const counts = countBy(this.#model.sorted, (event) => event.label);
    const states = countBy(this.#model.sorted, (event) => event.state);
    const labels = [...this.#model.labels.values()].filter(({ name }) => counts.has(name));
    fill(
      byId("filter-labels"),
      ...labels.map(({ name, colour }) => this.#chip("labels", name, counts.get(name), colour)),
    );
    fill(
      byId("filter-states"),
      ...STATES.map((name) => this.#chip("states", name, states.get(name) ?? 0, null)),
    );
    this.#makeChoices();
    this.#makeBulk();
    this.#mark();
  }

  #chip(part, name, count, colour) {
    return h(
      "button",
      {
        type: "button",
        class: "chip",
        data: { part, name },
        onclick: () => this.#toggle(part, name),
      },
      colour ? h("i", { class: "swatch", style: { background: colour } }) : null,
      h("span", { class: "name", text: name, title: name }),
      h("span", { class: "count", text: count.toLocaleString("en") }),
    );
  }

  #toggle(part, name) {
    const chosen = new Set(this.#model.filter[part]);
    if (!chosen.delete(name)) chosen.add(name);
    this.#model.setFilter({ [part]: chosen });
  }

  #makeChoices() {
    const { filter } = this.#model;
    const one = (set) => (set.size === 1 ? [...set][0] : "");
    const pick = (part, label, names, all) => {
      const options = [["", all], ...names.filter(Boolean).map((name) => [name, name])];
      const select = choices({ "aria-label": label, data: { part } }, options, one(filter[part]));
      select.addEventListener("change", () =>
        this.#model.setFilter({ [part]: new Set(select.value ? [select.value] : []) }),
      );
      return select;
    };
    const least = h("input", { type: "range", min: "0", max: "100", step: "5", value: String(Math.round(filter.least * 100)), "aria-label": "Least confidence" });
    const shown = h("output", { text: percent(filter.least) });
    least.addEventListener("input", () => {
      shown.textContent = percent(least.value / 100);
      this.#model.setFilter({ least: least.value / 100 });
    });
    fill(
      byId("filter-choices"),
      pick("persons", "Player", this.#model.persons().map(({ person }) => person), "All players"),
      pick("teams", "Team", this.#model.document.teams.map(({ name }) => name), "All teams"),
      this.#model.periods.length ? pick("periods", "Period", this.#model.periods, "All periods") : null,
      h("label", { class: "range" }, "Confidence ≥", least, shown),
    );
  }

  #makeBulk() {
    const clear = h("button", { type: "button", text: "Clear filter", id: "clear-filter", onclick: () => this.clear() });
    const accept = h("button", { type: "button", id: "accept-shown", onclick: () => this.#acceptShown() });
    accept.hidden = this.#model.isReadOnly;
    fill(byId("filter-bulk"), h("span", { id: "shown-count", role: "status" }), clear, accept);
  }

  /** Show every event again but those that were rejected. */
  clear() {
    this.#model.setFilter(openFilter());
    this.#makeChoices();
  }

  #proposed() {
    return this.#model.shown.filter(({ state }) => state === "proposed").map(({ id }) => id);
  }

  async #acceptShown() {
    const ids = this.#proposed();
    if (await this.#confirm(`Accept ${counted(ids.length, "proposed event")} as they are? One undo takes it back.`, "Accept")) {
      this.#editor.edit({ op: "yes", ids });
    }
  }

  #mark() {
    const { filter, shown, sorted } = this.#model;
    for (const chip of document.querySelectorAll(".chip[data-part]")) {
      const { part, name } = chip.dataset;
      chip.setAttribute("aria-pressed", String(filter[part].has(name)));
    }
    for (const select of byId("filter-choices").querySelectorAll("select")) {
      const chosen = filter[select.dataset.part];
      select.value = chosen.size === 1 ? [...chosen][0] : "";
    }
    byId("shown-count").textContent =
      shown.length === sorted.length ? counted(sorted.length, "event") : `${shown.length.toLocaleString("en")} of ${counted(sorted.length, "event")}`;
    const proposed = this.#proposed().length;
    const accept = byId("accept-shown");
    accept.disabled = !proposed;
    accept.textContent = `Accept ${proposed.toLocaleString("en")} shown`;
  }
}

/** Return how many of `items` have each key. */
export function countBy(items, keyOf) {
  const counts = new Map();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}
