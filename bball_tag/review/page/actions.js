/* What a person can do to the selected events: each is one step for undo. */

const ADDED_S = 1;

export class Actions {
  #model;
  #editor;
  #stage;
  #pickLabel;
  #say;

  /** `pickLabel()` promises a label's name or null; `say(sentence)` tells what cannot be done. */
  constructor(model, editor, stage, pickLabel, say) {
    this.#model = model;
    this.#editor = editor;
    this.#stage = stage;
    this.#pickLabel = pickLabel;
    this.#say = say;
  }

  #ids() {
    const ids = [...this.#model.selected];
    if (!ids.length) this.#say("Select an event first: click it, or press j.");
    return ids;
  }

  #onIds(make) {
    const ids = this.#ids();
    return ids.length ? this.#editor.edit(make(ids)) : Promise.resolve(null);
  }

  /** Judge the selected events: `op` is yes, no, unclear or reset. */
  judge(op) {
    return this.#onIds((ids) => ({ op, ids }));
  }

  relabel(label) {
    return this.#onIds((ids) => ({ op: "relabel", ids, label }));
  }

  async chooseLabel() {
    if (!this.#ids().length) return;
    const label = await this.#pickLabel("Label of the selected events");
    if (label) this.relabel(label);
  }

  remove() {
    return this.#onIds((ids) => ({ op: "delete", ids }));
  }

  /** Set an edge of the current event at the frame that is shown; an end is after that frame. */
  setEdge(edge) {
    const event = this.#model.currentEvent();
    if (!event) {
      this.#ids();
      return;
    }
    const { frames, frameTime } = this.#stage;
    const time = edge === "end" ? frames.moved(frameTime, 1) : frameTime;
    const { start, end } = { ...event, [edge]: time };
    if (start >= end) this.#say("The end has to be after the start.");
    else this.change(event.id, { [edge]: time });
  }

  change(id, parts) {
    return this.#editor.edit({ op: "change", id, ...parts });
  }

  split() {
    const event = this.#model.currentEvent();
    const at = this.#stage.frameTime;
    if (!event) this.#ids();
    else if (at <= event.start || at >= event.end) this.#say("Move to a frame within the event to split it there.");
    else this.#editor.edit({ op: "split", id: event.id, at });
  }

  /** Join the selected events; a single one is joined with the next one of its player. */
  join() {
    const event = this.#model.currentEvent();
    if (!event) {
      this.#ids();
      return;
    }
    let ids = [...this.#model.selected];
    if (ids.length === 1) {
      const own = this.#model.eventsOf(this.#model.personOf(event.player)).filter(({ state }) => state !== "rejected");
      const next = own[own.findIndex(({ id }) => id === event.id) + 1];
      if (next) ids = [event.id, next.id];
    }
    const inOrder = ids.sort((one, other) => this.#model.events.get(one).start - this.#model.events.get(other).start);
    if (inOrder.length < 2) this.#say("There is no later event of this player to join it with.");
    else this.#editor.edit({ op: "join", ids: inOrder }).then((answer) => answer && this.#model.select([inOrder[0]]));
  }

  /** Add an event at the frame that is shown, for the chosen player. */
  async add() {
    const start = this.#stage.frameTime;
    const person = this.#model.persons().find((one) => one.person === this.#model.person);
    if (!person && this.#model.players.size) {
      this.#say("Choose a player first: click a box or a row of the timeline.");
      return;
    }
    const player = this.#trackAt(person?.ids ?? [""], start);
    const label = await this.#pickLabel(`Add an event${person ? ` of ${person.person}` : ""}`);
    if (!label) return;
    const end = Math.min(start + ADDED_S, this.#model.video.duration);
    const answer = await this.#editor.edit({ op: "add", label, start, end, player });
    const [id] = Object.keys(answer?.events ?? {});
    if (id) this.#model.select([id]);
  }

  /** Return the track of a person that is seen at `time`, else their first. */
  #trackAt(ids, time) {
    const seen = new Set(this.#stage.boxes.at(time).map(({ id }) => id));
    return ids.find((id) => seen.has(id)) ?? ids[0];
  }

  undo() {
    return this.#model.canUndo || this.#editor.numWaiting ? this.#editor.edit({ op: "undo" }) : Promise.resolve(null);
  }

  redo() {
    return this.#model.canRedo ? this.#editor.edit({ op: "redo" }) : Promise.resolve(null);
  }
}
