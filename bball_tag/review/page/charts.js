/* Charts of what the filter leaves: how many events and how long, by label and by player. They are tables too. */

import { byId, fill, h, named } from "./dom.js";
import { lasting } from "./format.js";

export class Charts {
  #model;

  constructor(model) {
    this.#model = model;
    model.on("shown", () => this.draw());
  }

  /** Draw, if the charts are seen. */
  draw() {
    const host = byId("charts");
    if (host.closest("[hidden]")) return;
    const labels = totals(this.#model.shown, (event) => event.label);
    const persons = totals(this.#model.shown, (event) => this.#model.personOf(event.player));
    fill(host, this.#byLabel(labels), this.#byPerson(persons));
  }

  #byLabel(labels) {
    const most = Math.max(1, ...[...labels.values()].map(({ seconds }) => seconds));
    const rows = [...labels].sort((one, other) => other[1].seconds - one[1].seconds);
    return chart(
      "By label",
      "Label",
      rows.map(([name, total]) => {
        const { colour } = this.#model.label(name);
        const bar = h("i", { class: "bar", style: { background: colour, width: `${(100 * total.seconds) / most}%` } });
        return { name, colour, total, bars: [bar], choose: () => this.#model.setFilter({ labels: new Set([name]) }) };
      }),
    );
  }

  #byPerson(persons) {
    const most = Math.max(1, ...[...persons.values()].map(({ seconds }) => seconds));
    const known = this.#model.persons().filter(({ person }) => persons.has(person));
    return chart(
      "By player",
      "Player",
      known.map(({ person, team, colour }) => {
        const total = persons.get(person);
        const bars = [...this.#model.labels.values()]
          .filter(({ name }) => total.byLabel.has(name))
          .map(({ name, colour: of }) => {
            const seconds = total.byLabel.get(name);
            return h("i", { class: "bar", title: `${name}: ${lasting(seconds)}`, style: { background: of, width: `${(100 * seconds) / most}%` } });
          });
        const choose = () => this.#model.setFilter({ persons: new Set([person]) });
        return { name: person || "whole frame", note: team, colour, total, bars, choose };
      }),
    );
  }
}

function chart(title, noun, rows) {
  const head = ["", "Events", "Time"].map((text, at) => h("th", { scope: "col", text: at ? text : noun }));
  return h(
    "table",
    { class: "chart" },
    h("caption", { text: title }),
    h("thead", {}, h("tr", {}, ...head, h("th", { scope: "col" }, h("span", { class: "for-readers", text: "Share" })))),
    h("tbody", {}, ...rows.map(chartRow)),
  );
}

function chartRow({ name, note, colour, total, bars, choose }) {
  const button = h(
    "button",
    { type: "button", class: "link", title: note ? `${name}, ${note}: show only these` : `${name}: show only these`, onclick: choose },
    named(name, colour),
  );
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, button),
    h("td", { class: "number", text: total.count.toLocaleString("en") }),
    h("td", { class: "number", text: lasting(total.seconds) }),
    h("td", { class: "bars" }, h("div", {}, ...bars)),
  );
}

/** Return count, seconds and seconds by label for each key. */
function totals(events, keyOf) {
  const found = new Map();
  for (const event of events) {
    const key = keyOf(event);
    if (!found.has(key)) found.set(key, { count: 0, seconds: 0, byLabel: new Map() });
    const total = found.get(key);
    const seconds = event.end - event.start;
    total.count += 1;
    total.seconds += seconds;
    total.byLabel.set(event.label, (total.byLabel.get(event.label) ?? 0) + seconds);
  }
  return found;
}
