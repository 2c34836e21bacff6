/* Charts: how often and how long, by label, player and period, as bball-tag counts it. They are tables too. */

import { byId, choices, fill, h, named } from "./dom.js";
import { lasting } from "./format.js";

const WHICH = [
  ["all", "All events that are not rejected"],
  ["accepted", "What a person stands for"],
];
const BASES = { seen: "in which the player is seen", period: "of the period", periods: "of the periods", video: "of the video" };

export class Charts {
  #model;
  #ask;
  #which = "all";
  #totals = null;

  /** `ask()` promises the totals: `{all: […], accepted: […]}`, each with rows as `bball-tag convert --format statistics` writes them. */
  constructor(model, ask) {
    this.#model = model;
    this.#ask = ask;
    model.on("events", () => {
      this.#totals = null;
    });
    model.on("shown", () => this.draw());
  }

  get #isSeen() {
    return !byId("charts").closest("[hidden]");
  }

  /** Draw, if the charts are seen. */
  async draw() {
    if (!this.#isSeen) return;
    const { revision } = this.#model.document;
    try {
      this.#totals ??= await this.#ask();
    } catch (error) {
      fill(byId("charts"), h("p", { class: "hint", text: error.message }));
      return;
    }
    // What was asked for before an edit is not what there is after it: that edit draws again.
    if (revision !== this.#model.document.revision) this.#totals = null;
    else fill(byId("charts"), this.#choice(), ...this.#charts(this.#totals[this.#which]));
  }

  #choice() {
    const select = choices({ "aria-label": "Which events are counted", id: "counted" }, WHICH, this.#which);
    select.addEventListener("change", () => {
      this.#which = select.value;
      this.draw();
      byId("counted").focus();
    });
    return select;
  }

  #charts(totals) {
    const { labels, persons, teams, periods } = this.#model.filter;
    const [person, team, period] = [persons, teams, periods].map((chosen) => [...chosen][0] ?? null);
    const isLabel = ({ label }) => !labels.size || labels.has(label);
    const isWho = (total) =>
      person !== null
        ? total.player === person && (team === null || total.team === team)
        : total.player === null && total.team === team;
    const counted = totals.filter((total) => isLabel(total) && total.count);
    const now = counted.filter((total) => total.period === period);
    const ofPlayers = now.filter(({ player, team: of }) => player !== null && (person === null || player === person) && (team === null || of === team));
    return [
      this.#byLabel(now.filter(isWho)),
      ofPlayers.length ? this.#byPerson(ofPlayers) : null,
      this.#model.periods.length ? this.#byPeriod(counted.filter((total) => isWho(total) && total.period !== null && (period === null || total.period === period))) : null,
    ];
  }

  #byLabel(totals) {
    const rows = grouped(totals, ({ label }) => label).sort((one, other) => other.seconds - one.seconds);
    const shown = rows.map((row) => ({ ...row, colour: this.#model.label(row.key).colour }));
    return this.#chart("By label", "Label", shown, (name) => ({ labels: new Set([name]) }));
  }

  #byPerson(totals) {
    const order = this.#model.persons();
    const rows = grouped(totals, ({ player }) => player);
    const shown = order.flatMap(({ person, team, colour }) =>
      rows.filter(({ key }) => key === person).map((row) => ({ ...row, note: team, colour })),
    );
    return this.#chart("By player", "Player", shown, (name) => ({ persons: new Set([name]) }));
  }

  #byPeriod(totals) {
    const rows = grouped(totals, ({ period }) => period).map((row) => ({ ...row, colour: "" }));
    rows.sort((one, other) => this.#model.periods.indexOf(one.key) - this.#model.periods.indexOf(other.key));
    return this.#chart("By period", "Period", rows, (name) => ({ periods: new Set([name]) }));
  }

  #chart(title, noun, rows, filterOf) {
    const most = Math.max(1, ...rows.map(({ seconds }) => seconds));
    const head = [noun, "Events", "Time", "Per min"].map((text) => h("th", { scope: "col", text }));
    return h(
      "table",
      { class: "chart is-counted" },
      h("caption", { text: title }),
      h("thead", {}, h("tr", {}, ...head, h("th", { scope: "col" }, h("span", { class: "for-readers", text: "Share" })))),
      h("tbody", {}, ...rows.map((row) => this.#row(row, most, () => this.#model.setFilter(filterOf(row.key))))),
    );
  }

  #row({ key, note, colour, count, seconds, rate, base, parts }, most, choose) {
    const name = h("button", { type: "button", class: "link", title: `${[key, note].filter(Boolean).join(", ")}: show only these`, onclick: choose }, colour ? named(key, colour) : h("span", { class: "name", text: key }));
    const bars = parts.map(({ label, total_s: part }) =>
      h("i", { class: "bar", title: `${label}: ${lasting(part)}`, style: { background: this.#model.label(label).colour, width: `${(100 * part) / most}%` } }),
    );
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, name),
      h("td", { class: "number", text: count.toLocaleString("en") }),
      h("td", { class: "number", text: lasting(seconds) }),
      h("td", { class: "number", title: `events a minute ${BASES[base]}`, text: rate === null ? "–" : rate.toFixed(1) }),
      h("td", { class: "bars" }, h("div", {}, ...bars)),
    );
  }
}

/** Return the totals of each key together; `parts` are those of its labels. */
function grouped(totals, keyOf) {
  const found = new Map();
  for (const total of totals) {
    const key = keyOf(total);
    if (!found.has(key)) found.set(key, { key, count: 0, seconds: 0, rate: 0, base: total.base, parts: [] });
    const row = found.get(key);
    row.count += total.count;
    row.seconds += total.total_s;
    row.rate = row.rate === null || total.per_minute === null ? null : row.rate + total.per_minute;
    row.parts.push(total);
  }
  return [...found.values()];
}
