/* The table of events: only the rows that are seen exist, so that any number of them scrolls. */

import { byId, fill, h, named, onceAFrame } from "./dom.js";
import { clock, gameTime, lasting, percent } from "./format.js";

const ROW_HEIGHT = 28;
const BEYOND = 6;
const MARKS = { proposed: "○", accepted: "✓", changed: "✎", rejected: "✕", unclear: "?" };
const inOrder = new Intl.Collator("en", { numeric: true });
const COLUMNS = [
  ["start", "Start"],
  ["period", "Game"],
  ["length", "Length"],
  ["label", "Label"],
  ["person", "Player"],
  ["confidence", "Conf."],
  ["state", "State"],
];

export class Table {
  #model;
  #grid = byId("grid");
  #body = byId("grid-rows");
  #sortBy = "start";
  #isDown = false;
  #events = [];
  #anchor = null;
  #rows = new Map();
  #openEvent;

  /** `openEvent(event)` is called when a row is clicked or opened by Enter. */
  constructor(model, openEvent) {
    this.#model = model;
    this.#openEvent = openEvent;
    this.draw = onceAFrame(() => this.#draw());
    this.#grid.addEventListener("scroll", this.draw);
    this.#grid.addEventListener("keydown", (event) => this.#key(event));
    this.#body.addEventListener("click", (event) => this.#click(event));
    new ResizeObserver(this.draw).observe(this.#grid);
    model.on("events", () => this.#rows.clear());
    model.on("shown", () => this.#sort());
    model.on("selection", () => {
      this.#reveal();
      this.draw();
    });
    this.#makeHead();
    this.#sort();
    model.on("events", () => this.#makeHead());
  }

  /** Return the columns: that of the game time only where an event has one. */
  get #columns() {
    return COLUMNS.filter(([name]) => name !== "period" || this.#model.periods.length);
  }

  #makeHead() {
    this.#grid.classList.toggle("has-periods", this.#model.periods.length > 0);
    const cells = this.#columns.map(([name, text]) =>
      h(
        "div",
        { role: "columnheader", class: `cell is-${name}`, data: { name } },
        h("button", { type: "button", text, onclick: () => this.#sortOn(name) }),
      ),
    );
    fill(byId("grid-head"), ...cells);
  }

  #sortOn(name) {
    this.#isDown = this.#sortBy === name ? !this.#isDown : name === "length";
    this.#sortBy = name;
    this.#sort();
  }

  #value(event) {
    if (this.#sortBy === "length") return event.end - event.start;
    if (this.#sortBy === "period") return event.start;
    if (this.#sortBy === "person") return this.#model.personOf(event.player);
    return event[this.#sortBy] ?? 2;
  }

  #sort() {
    const sign = this.#isDown ? -1 : 1;
    const keyed = this.#model.shown.map((event) => [this.#value(event), event]);
    const compare = (one, other) =>
      typeof one === "string" ? inOrder.compare(one, other) : one - other;
    keyed.sort((one, other) => sign * compare(one[0], other[0]) || one[1].start - other[1].start);
    this.#events = keyed.map(([, event]) => event);
    this.#body.style.height = `${this.#events.length * ROW_HEIGHT}px`;
    this.#grid.setAttribute("aria-rowcount", String(this.#events.length + 1));
    for (const cell of byId("grid-head").children) {
      const isSorted = cell.dataset.name === this.#sortBy;
      cell.setAttribute("aria-sort", isSorted ? (this.#isDown ? "descending" : "ascending") : "none");
    }
    byId("grid-none").hidden = this.#events.length > 0;
    this.draw();
  }

  #draw() {
    const first = Math.max(0, Math.floor(this.#grid.scrollTop / ROW_HEIGHT) - BEYOND);
    const stop = Math.min(this.#events.length, first + Math.ceil(this.#grid.clientHeight / ROW_HEIGHT) + 2 * BEYOND);
    const rows = [];
    for (let index = first; index < stop; index += 1) rows.push(this.#rowAt(index));
    this.#rows = new Map(rows.map((row, at) => [this.#events[first + at], row]));
    // While scrolling, nearly all rows stay: only what came or went is touched.
    const kept = new Set(rows);
    for (const row of [...this.#body.children]) if (!kept.has(row)) row.remove();
    rows.forEach((row, at) => {
      if (this.#body.children[at] !== row) this.#body.insertBefore(row, this.#body.children[at] ?? null);
    });
    const current = this.#model.current;
    if (current && byId(`row-${current}`)) this.#grid.setAttribute("aria-activedescendant", `row-${current}`);
    else this.#grid.removeAttribute("aria-activedescendant");
  }

  /** Return the row of an event: that which is there, if the event has not changed. */
  #rowAt(index) {
    const event = this.#events[index];
    const row = this.#rows.get(event) ?? this.#row(event);
    row.classList.toggle("is-current", event.id === this.#model.current);
    row.setAttribute("aria-selected", String(this.#model.selected.has(event.id)));
    row.setAttribute("aria-rowindex", String(index + 2));
    row.style.top = `${index * ROW_HEIGHT}px`;
    return row;
  }

  #row(event) {
    const { colour } = this.#model.label(event.label);
    const person = this.#model.personOf(event.player);
    const team = this.#model.players.get(event.player);
    const cell = (name, ...children) => h("div", { role: "gridcell", class: `cell is-${name}` }, ...children);
    return h(
      "div",
      {
        role: "row",
        id: `row-${event.id}`,
        class: `row state-${event.state}`,
        data: { id: event.id },
      },
      cell("start", clock(event.start)),
      this.#model.periods.length ? cell("period", gameTime(event)) : null,
      cell("length", lasting(event.end - event.start)),
      cell("label", named(event.label, colour)),
      cell("person", named(person, team?.colour ?? "transparent")),
      cell("confidence", event.confidence === null ? "–" : percent(event.confidence)),
      cell("state", h("span", { "aria-hidden": "true", text: MARKS[event.state] }), h("span", { class: "state", text: event.state })),
    );
  }

  #click(event) {
    const id = event.target.closest("[data-id]")?.dataset.id;
    if (id) this.#choose(this.#events.findIndex((one) => one.id === id), event.shiftKey, event.ctrlKey || event.metaKey);
  }

  /** Select the row at `index`: with those up to it, or besides the others. */
  #choose(index, isRange = false, isMore = false) {
    const event = this.#events[index];
    if (!event) return;
    const anchor = this.#events.findIndex(({ id }) => id === this.#anchor);
    if (isRange && anchor >= 0) {
      const span = this.#events.slice(Math.min(anchor, index), Math.max(anchor, index) + 1).map(({ id }) => id);
      this.#model.select([...span.filter((id) => id !== event.id), event.id]);
      return;
    }
    this.#anchor = event.id;
    const others = [...this.#model.selected].filter((id) => id !== event.id);
    if (isMore && this.#model.selected.has(event.id)) this.#model.select(others);
    else this.#model.select(isMore ? [...others, event.id] : [event.id]);
    if (!isMore) this.#openEvent(event);
  }

  #currentIndex() {
    return this.#events.findIndex(({ id }) => id === this.#model.current);
  }

  /** Go to the next event of the table, or the one before. */
  move(by, isRange = false) {
    const at = this.#currentIndex();
    // Where no row is current, the first is the next one.
    const from = at < 0 && by < 0 ? 0 : at;
    this.#choose(Math.min(Math.max(0, from + by), this.#events.length - 1), isRange);
  }

  #key(event) {
    const page = Math.max(1, Math.floor(this.#grid.clientHeight / ROW_HEIGHT) - 2);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) this.move(steps[event.key], event.shiftKey);
    else if (event.key === "Enter" && event.target === this.#grid && this.#model.currentEvent()) {
      this.#openEvent(this.#model.currentEvent());
    } else if (event.key === "a" && (event.ctrlKey || event.metaKey)) {
      this.#model.select(this.#events.map(({ id }) => id));
    } else return;
    event.preventDefault();
  }

  #reveal() {
    const index = this.#currentIndex();
    if (index < 0) return;
    const [top, bottom] = [index * ROW_HEIGHT, (index + 1) * ROW_HEIGHT];
    const head = byId("grid-head").offsetHeight;
    if (top < this.#grid.scrollTop) this.#grid.scrollTop = top;
    else if (bottom + head > this.#grid.scrollTop + this.#grid.clientHeight) {
      this.#grid.scrollTop = bottom + head - this.#grid.clientHeight;
    }
  }
}
