/* What the page knows: the document, what the filter leaves of it, and what is selected. */

export const STATES = ["proposed", "accepted", "changed", "rejected", "unclear"];
const NO_COLOUR = "#8a909b";
const naturally = new Intl.Collator("en", { numeric: true });

/** Return the filter that hides only what was rejected. */
export function openFilter() {
  return { labels: new Set(), persons: new Set(), teams: new Set(), periods: new Set(), states: new Set(), least: 0, most: 1 };
}

export class Model {
  #listeners = new Map();
  #byPerson = new Map();

  constructor(document) {
    this.document = document;
    this.video = document.video;
    this.isReadOnly = document.read_only || !document.can.edit;
    this.events = new Map(document.events.map((event) => [event.id, event]));
    this.players = new Map(document.players.map((player) => [player.id, player]));
    this.filter = openFilter();
    this.selected = new Set();
    this.current = "";
    this.mode = "look";
    this.person = null;
    this.canUndo = Boolean(document.can_undo);
    this.canRedo = Boolean(document.can_redo);
    this.#index();
  }

  /** Call `listener` whenever one of `topics` is emitted: events, shown, selection, mode, person. */
  on(topics, listener) {
    for (const topic of topics.split(" ")) {
      if (!this.#listeners.has(topic)) this.#listeners.set(topic, []);
      this.#listeners.get(topic).push(listener);
    }
  }

  emit(topic) {
    for (const listener of this.#listeners.get(topic) ?? []) listener();
  }

  /** Take what the server answered to an edit. */
  take(answer) {
    for (const [id, event] of Object.entries(answer.events ?? {})) {
      if (event) this.events.set(id, event);
      else this.#forget(id);
    }
    for (const [id, player] of Object.entries(answer.players ?? {})) this.players.set(id, player);
    for (const part of ["reviewed", "labels", "teams"]) {
      if (answer[part]) this.document[part] = answer[part];
    }
    this.canUndo = answer.can_undo ?? this.canUndo;
    this.canRedo = answer.can_redo ?? this.canRedo;
    this.document.revision = answer.revision;
    this.#index();
    this.emit("events");
    this.emit("shown");
    this.emit("selection");
  }

  #forget(id) {
    this.events.delete(id);
    this.selected.delete(id);
    if (this.current === id) this.current = "";
  }

  #index() {
    this.sorted = [...this.events.values()].sort((one, other) => one.start - other.start || one.end - other.end);
    this.end = this.sorted.reduce((end, event) => Math.max(end, event.end), this.video.duration);
    this.#byPerson = new Map();
    this.longest = 0;
    for (const event of this.sorted) {
      this.longest = Math.max(this.longest, event.end - event.start);
      const person = this.personOf(event.player);
      if (!this.#byPerson.has(person)) this.#byPerson.set(person, []);
      this.#byPerson.get(person).push(event);
    }
    this.labels = this.#allLabels();
    this.periods = this.#allPeriods();
    this.shown = this.sorted.filter((event) => this.passes(event));
  }

  /** Return every label by its name, also those that only events have. */
  #allLabels() {
    const labels = new Map(this.document.labels.map((label) => [label.name, label]));
    for (const event of this.sorted) {
      for (const name of [event.label, event.proposed?.label]) {
        if (name === undefined || labels.has(name)) continue;
        labels.set(name, { name, colour: NO_COLOUR, ink: "#101216", key: "", is_background: false });
      }
    }
    return labels;
  }

  /** Return the periods of the game, and others that only events have, in order. */
  #allPeriods() {
    const named = this.document.periods.map(({ name }) => name);
    return [...new Set([...named, ...this.sorted.map(({ period }) => period)])].filter(Boolean);
  }

  /** Return the name by which a player's tracks are shown together. */
  personOf(player) {
    return this.players.get(player)?.shown ?? player;
  }

  /** Return everybody with an event or a track: `{person, ids, team, role, colour, ink}`, by team and name. */
  persons() {
    const found = new Map();
    for (const player of this.players.values()) {
      const person = player.shown;
      const known = found.get(person);
      if (known) known.ids.push(player.id);
      else found.set(person, { ...player, person, ids: [player.id] });
    }
    for (const person of this.#byPerson.keys()) {
      if (!found.has(person)) {
        const team = this.#byPerson.get(person)[0].team;
        found.set(person, { person, ids: [person], team, role: "player", colour: NO_COLOUR, ink: "#101216" });
      }
    }
    const rank = (one) => (one.role === "none" ? 2 : one.role === "other" ? 1 : 0);
    return [...found.values()].sort(
      (one, other) =>
        rank(one) - rank(other) ||
        naturally.compare(one.team, other.team) ||
        naturally.compare(one.person, other.person),
    );
  }

  /** Return a person's events, sorted by start. */
  eventsOf(person) {
    return this.#byPerson.get(person) ?? [];
  }

  /** Return a person's events at a time, but those that were rejected. */
  activeAt(person, time) {
    const active = [];
    for (const event of this.eventsOf(person)) {
      if (event.start > time) break;
      if (event.end > time && event.state !== "rejected") active.push(event);
    }
    return active;
  }

  /** Say whether the filter leaves an event. */
  passes(event) {
    const { labels, persons, teams, periods, states, least, most } = this.filter;
    const confidence = event.confidence ?? 1;
    return (
      (!labels.size || labels.has(event.label)) &&
      (!persons.size || persons.has(this.personOf(event.player))) &&
      (!teams.size || teams.has(event.team)) &&
      (!periods.size || periods.has(event.period)) &&
      (states.size ? states.has(event.state) : event.state !== "rejected") &&
      confidence >= least - 0.0005 &&
      confidence <= most + 0.0005
    );
  }

  /** Change the filter by the parts that are given. */
  setFilter(parts) {
    Object.assign(this.filter, parts);
    this.shown = this.sorted.filter((event) => this.passes(event));
    this.emit("shown");
  }

  /** Select events; the last of them is the current one. */
  select(ids) {
    this.selected = new Set(ids.filter((id) => this.events.has(id)));
    this.current = [...this.selected].at(-1) ?? "";
    const event = this.events.get(this.current);
    if (event) this.choosePerson(this.personOf(event.player));
    this.emit("selection");
  }

  /** Show the scores of a person, and their row. */
  choosePerson(person) {
    if (this.person === person) return;
    this.person = person;
    this.emit("person");
  }

  /** Turn to looking ("look") or judging ("judge"). */
  setMode(mode) {
    if (this.mode === mode) return;
    this.mode = mode;
    this.emit("mode");
  }

  label(name) {
    return this.labels.get(name) ?? { name, colour: NO_COLOUR, ink: "#101216", key: "" };
  }

  currentEvent() {
    return this.events.get(this.current) ?? null;
  }
}
