/* Judging: one clip after the other, one key for each. */

import { byId } from "./dom.js";
import { clock } from "./format.js";
import { JUDGED, labelsAnHour } from "./judged.js";
import { JudgePanel } from "./judge_panel.js";

const SUGGESTED = 20;

export class Judge {
  #model;
  #editor;
  #stage;
  #edges;
  #askQueue;
  #actions;
  #pickLabel;
  #panel;
  #queue = [];
  #at = -1;
  #done = new Map();
  #presses = [];
  #pressedAt = 0;
  #why = {};
  #asked = null;
  isEnlarged = true;
  around = 0.5;

  /** `askQueue(order, label, player)` promises `{ids, why}`; `pickLabel(title)` a label's name or null. */
  constructor({ model, editor, stage, edges, actions, askQueue, pickLabel }) {
    this.#model = model;
    this.#editor = editor;
    this.#stage = stage;
    this.#edges = edges;
    this.#actions = actions;
    this.#askQueue = askQueue;
    this.#pickLabel = pickLabel;
    this.#panel = new JudgePanel(model, this);
    stage.deck.onClip = () => this.#measure();
    model.on("mode", () => (model.mode === "judge" ? this.begin() : stage.endLoop()));
    model.on("events", () => this.#refresh());
  }

  get isOn() {
    return this.#model.mode === "judge";
  }

  /** Return the event that is judged, or null. */
  get event() {
    return this.#model.events.get(this.#queue[this.#at]) ?? null;
  }

  /** Fetch the queue that the panel asks for, and show its first clip. */
  async begin(newOrder = this.#panel.wishes.order) {
    this.#panel.wishes.order = newOrder;
    const { order, label, player } = this.#panel.wishes;
    const asked = this.#askQueue(order, label, player);
    this.#asked = asked;
    byId("judging").setAttribute("aria-busy", "true");
    const { ids, why } = await asked.catch(() => ({ ids: this.#queue }));
    // Who asked again in the meantime wants the other queue.
    if (this.#asked !== asked) return;
    this.#why = why ?? this.#why;
    this.#take(ids);
    byId("judging").setAttribute("aria-busy", "false");
  }

  #take(ids) {
    this.#queue = ids.filter((id) => this.#model.events.has(id));
    this.#done.clear();
    this.#go(0);
  }

  /** Have the server propose what else is worth judging, and judge that. */
  async suggest() {
    const answer = await this.#editor.ask("api/suggest", { count: SUGGESTED });
    if (answer?.ids?.length) this.#take(answer.ids);
  }

  /** Judge the clip that is shown, and show the next one. */
  verdict(op, label = undefined) {
    const { event } = this;
    if (!event) return;
    this.#editor.edit({ op, ids: [event.id], ...(label === undefined ? {} : { label }) });
    this.#done.set(event.id, op);
    this.#presses.push(performance.now());
    this.next();
  }

  async chooseLabel() {
    if (!this.event) return;
    this.#stage.deck.pause();
    const label = await this.#pickLabel("What is it?");
    if (label) this.verdict("relabel", label);
    else this.#stage.deck.play();
  }

  /** Show the next clip that is not judged yet; after the last one, that all is done. */
  next() {
    let index = this.#at + 1;
    while (index < this.#queue.length && !this.#isOpen(this.#queue[index])) index += 1;
    this.#go(index);
  }

  /** Say whether an event still waits for a judgement, here and in other windows. */
  #isOpen(id) {
    return !this.#done.has(id) && !JUDGED.has(this.#model.events.get(id)?.state ?? "accepted");
  }

  back() {
    if (this.#at > 0) this.#go(this.#at - 1);
  }

  /** Take the last step back, and show the clip that it was about. */
  async undo() {
    const answer = await this.#actions.undo();
    const undone = answer?.undone?.ids ?? [];
    const index = this.#queue.findIndex((id) => undone.includes(id));
    if (index < 0) return;
    for (const id of undone) {
      if (!JUDGED.has(this.#model.events.get(id)?.state)) this.#done.delete(id);
    }
    if (index === this.#at) this.#refresh();
    else this.#go(index);
  }

  /** Note when a key was pressed: it is measured how long the next clip takes to appear. */
  pressed(event) {
    this.#pressedAt = event.timeStamp;
  }

  #measure() {
    if (!this.#pressedAt) return;
    performance.measure("next clip", { start: this.#pressedAt, end: performance.now() });
    this.#pressedAt = 0;
  }

  #clip(event) {
    const start = Math.max(0, event.start - this.around);
    const end = Math.min(Math.max(this.#model.video.duration, event.end), event.end + this.around);
    return { id: event.id, start, end };
  }

  #go(index) {
    this.#at = Math.min(Math.max(0, index), this.#queue.length);
    const { event } = this;
    if (event) {
      this.#model.select([event.id]);
      this.#stage.loop(this.#clip(event), event, this.isEnlarged);
      const coming = this.#queue
        .slice(this.#at + 1)
        .filter((id) => this.#isOpen(id))
        .map((id) => this.#model.events.get(id));
      this.#stage.deck.prepare(coming.slice(0, 2).map((one) => this.#clip(one)));
      coming.slice(0, 2).forEach((one) => this.#stage.boxes.want(one.start));
    } else this.#stage.endLoop();
    this.#show();
  }

  /** Show the clip anew, as the event, the wishes or the zoom changed. */
  #refresh() {
    if (!this.isOn) return;
    const { event } = this;
    if (event) {
      this.#stage.overlay.judged = event;
      this.#stage.deck.setLoop(this.#clip(event));
    }
    this.#show();
  }

  /** Change how the clip is shown: how much time around it, and whether its player is enlarged. */
  showAs({ around = this.around, isEnlarged = this.isEnlarged }) {
    Object.assign(this, { around, isEnlarged });
    if (this.event) this.#stage.loop(this.#clip(this.event), this.event, isEnlarged);
    this.#show();
  }

  #show() {
    const { event } = this;
    this.#edges.show(event);
    this.#panel.show(event, {
      at: this.#at,
      count: this.#queue.length,
      done: this.#done.size,
      why: event ? this.#why[event.id] || event.remark : "",
      verdict: event ? this.#done.get(event.id) : undefined,
      rate: labelsAnHour(this.#presses),
    });
    byId("judge-says").textContent = event ? `${event.label}, ${this.#model.personOf(event.player)}, ${clock(event.start)}` : "No more clips.";
  }
}
